variable "name" {
  description = "First part of every name."
  type        = string
  default     = "zerodb"
}

variable "region" {
  description = "Region of the bucket, such as eu-central-1: that of the provider."
  type        = string
}

variable "vpc_id" {
  description = "Network of the cluster."
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets for Postgres, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "Two subnets in two zones at least."
  }
}

variable "client_security_group_ids" {
  description = "Groups of the nodes or tasks that run ZeroDB."
  type        = list(string)
}

variable "postgres_class" {
  description = "Class of the instance: `zerodb size` says how much memory it needs."
  type        = string
  default     = "db.m7g.large"
}

variable "postgres_storage_gb" {
  description = "Storage of Postgres, which may grow to four times of it."
  type        = number
  default     = 100
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
