output "key_vault_id" {
  description = "The vault with the settings that are secrets."
  value       = azurerm_key_vault.zerodb.id
}

output "postgres_address" {
  value = azurerm_postgresql_flexible_server.postgres.fqdn
}
