# Postgres (Flexible Server) and a key vault, for ZeroDB on AKS or Container Apps. The network exists, with a subnet that is
# delegated to Postgres and a private DNS zone. Azure's blobs do not speak S3: docs/clouds/azure.md says what to take for files.
terraform {
  required_version = ">= 1.6"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

data "azurerm_client_config" "current" {}

resource "random_password" "postgres" {
  length  = 32
  special = false
}

resource "random_password" "root_key" {
  length  = 40
  special = false
}

resource "azurerm_postgresql_flexible_server" "postgres" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  version             = "17"
  sku_name            = var.postgres_sku
  storage_mb          = var.postgres_storage_gb * 1024
  auto_grow_enabled   = true
  zone                = "1"

  administrator_login    = "zerodb"
  administrator_password = random_password.postgres.result

  delegated_subnet_id           = var.postgres_subnet_id
  private_dns_zone_id           = var.private_dns_zone_id
  public_network_access_enabled = false
  backup_retention_days         = 14
  geo_redundant_backup_enabled  = var.geo_redundant_backups

  dynamic "high_availability" {
    for_each = var.highly_available ? ["2"] : []

    content {
      mode                      = "ZoneRedundant"
      standby_availability_zone = high_availability.value
    }
  }
}

# Extensions must be allowed before `CREATE EXTENSION vector`.
resource "azurerm_postgresql_flexible_server_configuration" "extensions" {
  name      = "azure.extensions"
  server_id = azurerm_postgresql_flexible_server.postgres.id
  value     = "VECTOR"
}

resource "azurerm_postgresql_flexible_server_configuration" "connections" {
  name      = "max_connections"
  server_id = azurerm_postgresql_flexible_server.postgres.id
  value     = tostring(var.max_connections)
}

resource "azurerm_postgresql_flexible_server_database" "zerodb" {
  name      = "zerodb"
  server_id = azurerm_postgresql_flexible_server.postgres.id
}

resource "azurerm_key_vault" "zerodb" {
  name                       = var.key_vault_name
  resource_group_name        = var.resource_group_name
  location                   = var.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
}

# Who applies this must be allowed to write secrets.
resource "azurerm_role_assignment" "writer" {
  scope                = azurerm_key_vault.zerodb.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}

resource "azurerm_role_assignment" "readers" {
  for_each = toset(var.secret_readers)

  scope                = azurerm_key_vault.zerodb.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = each.value
}

# A vault's names have no underscores.
resource "azurerm_key_vault_secret" "settings" {
  for_each = {
    "zerodb-root-key"     = random_password.root_key.result
    "zerodb-postgres-url" = "postgresql://zerodb:${random_password.postgres.result}@${azurerm_postgresql_flexible_server.postgres.fqdn}:5432/zerodb?sslmode=require"
  }

  name         = each.key
  value        = each.value
  key_vault_id = azurerm_key_vault.zerodb.id

  depends_on = [azurerm_role_assignment.writer]
}
