variable "name" {
  description = "First part of every name."
  type        = string
  default     = "zerodb"
}

variable "project" {
  description = "The project: that of the provider."
  type        = string
}

variable "region" {
  description = "Such as europe-west3."
  type        = string
}

variable "network_id" {
  description = "The VPC, with private services access."
  type        = string
}

variable "postgres_tier" {
  description = "The machine: `zerodb size` says how much memory it needs."
  type        = string
  default     = "db-custom-2-8192"
}

variable "postgres_storage_gb" {
  description = "Storage of Postgres; it grows on its own."
  type        = number
  default     = 100
}

variable "max_connections" {
  description = "Thirteen for each process of ZeroDB, and some for administrators."
  type        = number
  default     = 300
}

variable "highly_available" {
  description = "A standby in another zone."
  type        = bool
  default     = true
}

variable "secret_readers" {
  description = "Who may read the Secret, such as serviceAccount:external-secrets@PROJECT.iam.gserviceaccount.com."
  type        = list(string)
  default     = []
}
