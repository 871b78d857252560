output "secret_id" {
  description = "The Secret with all settings."
  value       = google_secret_manager_secret.zerodb.id
}

output "postgres_address" {
  value = google_sql_database_instance.postgres.private_ip_address
}

output "bucket" {
  value = google_storage_bucket.files.name
}
