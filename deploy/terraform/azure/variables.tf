variable "name" {
  description = "Name of the Postgres server, unique in Azure."
  type        = string
}

variable "key_vault_name" {
  description = "Name of the key vault, unique in Azure, up to 24 letters, digits and dashes."
  type        = string
}

variable "resource_group_name" {
  type = string
}

variable "location" {
  description = "Such as germanywestcentral."
  type        = string
}

variable "postgres_subnet_id" {
  description = "A subnet that is delegated to Microsoft.DBforPostgreSQL/flexibleServers."
  type        = string
}

variable "private_dns_zone_id" {
  description = "A zone whose name ends with .postgres.database.azure.com, linked to the network."
  type        = string
}

variable "postgres_sku" {
  description = "The machine: `zerodb size` says how much memory it needs."
  type        = string
  default     = "GP_Standard_D2ds_v5"
}

variable "postgres_storage_gb" {
  description = "One of Azure's sizes: 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384."
  type        = number
  default     = 128
}

variable "max_connections" {
  description = "Thirteen for each process of ZeroDB, and some for administrators."
  type        = number
  default     = 300
}

variable "highly_available" {
  description = "A synchronous standby in another zone."
  type        = bool
  default     = true
}

variable "geo_redundant_backups" {
  description = "Backups in the paired region, too."
  type        = bool
  default     = false
}

variable "secret_readers" {
  description = "Object ids of the identities that may read the secrets."
  type        = list(string)
  default     = []
}
