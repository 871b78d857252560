output "secret_arn" {
  description = "The Secret with all settings; k8s/secrets/external-secrets reads one like it."
  value       = aws_secretsmanager_secret.zerodb.arn
}

output "secret_policy_arn" {
  description = "For the role that reads the Secret."
  value       = aws_iam_policy.secret.arn
}

output "postgres_address" {
  value = aws_db_instance.postgres.address
}

output "bucket" {
  value = aws_s3_bucket.files.id
}
