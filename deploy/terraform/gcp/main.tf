# Postgres (Cloud SQL), a bucket, a Secret and the rights to use them, for ZeroDB on GKE or Cloud Run. The network exists, with
# private services access.
terraform {
  required_version = ">= 1.6"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

resource "random_password" "postgres" {
  length  = 32
  special = false
}

resource "random_password" "root_key" {
  length  = 40
  special = false
}

resource "google_sql_database_instance" "postgres" {
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_17"
  deletion_protection = true

  settings {
    edition           = "ENTERPRISE"
    tier              = var.postgres_tier
    availability_type = var.highly_available ? "REGIONAL" : "ZONAL"
    disk_type         = "PD_SSD"
    disk_size         = var.postgres_storage_gb
    disk_autoresize   = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
    }

    database_flags {
      name  = "max_connections"
      value = tostring(var.max_connections)
    }
  }
}

resource "google_sql_database" "zerodb" {
  name     = "zerodb"
  instance = google_sql_database_instance.postgres.name
}

resource "google_sql_user" "zerodb" {
  name     = "zerodb"
  instance = google_sql_database_instance.postgres.name
  password = random_password.postgres.result
}

resource "google_storage_bucket" "files" {
  name                        = "${var.project}-${var.name}-files"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
}

# The bucket speaks S3 to whoever has an HMAC key.
resource "google_service_account" "files" {
  account_id   = "${var.name}-files"
  display_name = "Files of ZeroDB"
}

# ZeroDB looks for the bucket before it writes, which the role of objects alone does not allow.
resource "google_storage_bucket_iam_member" "files" {
  for_each = toset(["roles/storage.objectAdmin", "roles/storage.legacyBucketReader"])

  bucket = google_storage_bucket.files.name
  role   = each.value
  member = "serviceAccount:${google_service_account.files.email}"
}

resource "google_storage_hmac_key" "files" {
  service_account_email = google_service_account.files.email
}

# Its keys are settings: docs/configuration.md.
resource "google_secret_manager_secret" "zerodb" {
  secret_id = var.name

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "zerodb" {
  secret = google_secret_manager_secret.zerodb.id
  secret_data = jsonencode({
    ZERODB_ROOT_KEY      = random_password.root_key.result
    ZERODB_POSTGRES_URL  = "postgresql://zerodb:${random_password.postgres.result}@${google_sql_database_instance.postgres.private_ip_address}:5432/zerodb?sslmode=no-verify"
    ZERODB_S3_ENDPOINT   = "https://storage.googleapis.com"
    ZERODB_S3_REGION     = "auto"
    ZERODB_S3_BUCKET     = google_storage_bucket.files.name
    ZERODB_S3_ACCESS_KEY = google_storage_hmac_key.files.access_id
    ZERODB_S3_SECRET_KEY = google_storage_hmac_key.files.secret
  })
}

resource "google_secret_manager_secret_iam_member" "readers" {
  for_each = toset(var.secret_readers)

  secret_id = google_secret_manager_secret.zerodb.id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
