# Postgres (RDS), a bucket, a Secret and the rights to use them, for ZeroDB on EKS or ECS. The network and the cluster exist.
terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
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

resource "aws_security_group" "postgres" {
  name_prefix = "${var.name}-postgres-"
  description = "Postgres of ZeroDB: the processes alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "postgres" {
  for_each = toset(var.client_security_group_ids)

  security_group_id            = aws_security_group.postgres.id
  referenced_security_group_id = each.value
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}

resource "aws_db_subnet_group" "postgres" {
  name       = var.name
  subnet_ids = var.private_subnet_ids
}

resource "aws_db_parameter_group" "postgres" {
  name_prefix = "${var.name}-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "postgres" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.postgres_class

  db_name  = "zerodb"
  username = "postgres"
  password = random_password.postgres.result

  allocated_storage     = var.postgres_storage_gb
  max_allocated_storage = 4 * var.postgres_storage_gb
  storage_type          = "gp3"
  storage_encrypted     = true

  multi_az                  = var.highly_available
  db_subnet_group_name      = aws_db_subnet_group.postgres.name
  parameter_group_name      = aws_db_parameter_group.postgres.name
  vpc_security_group_ids    = [aws_security_group.postgres.id]
  backup_retention_period   = 14
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"
}

resource "aws_s3_bucket" "files" {
  bucket_prefix = "${var.name}-files-"
}

resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "files" {
  bucket                  = aws_s3_bucket.files.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# ZeroDB signs its calls with a key and a secret: a user of its own, with this bucket alone.
resource "aws_iam_user" "files" {
  name = "${var.name}-files"
}

data "aws_iam_policy_document" "files" {
  statement {
    actions   = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.files.arn]
  }

  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = ["${aws_s3_bucket.files.arn}/*"]
  }
}

resource "aws_iam_user_policy" "files" {
  name   = "files"
  user   = aws_iam_user.files.name
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_iam_access_key" "files" {
  user = aws_iam_user.files.name
}

# What the Secret of Kubernetes, or the task of ECS, takes its values from. Its keys are settings: docs/configuration.md.
resource "aws_secretsmanager_secret" "zerodb" {
  name_prefix = "${var.name}-"
}

resource "aws_secretsmanager_secret_version" "zerodb" {
  secret_id = aws_secretsmanager_secret.zerodb.id
  secret_string = jsonencode({
    ZERODB_ROOT_KEY      = random_password.root_key.result
    ZERODB_POSTGRES_URL  = "postgresql://postgres:${random_password.postgres.result}@${aws_db_instance.postgres.address}:5432/zerodb?sslmode=require"
    ZERODB_S3_ENDPOINT   = "https://s3.${var.region}.amazonaws.com"
    ZERODB_S3_REGION     = var.region
    ZERODB_S3_BUCKET     = aws_s3_bucket.files.id
    ZERODB_S3_ACCESS_KEY = aws_iam_access_key.files.id
    ZERODB_S3_SECRET_KEY = aws_iam_access_key.files.secret
  })
}

data "aws_iam_policy_document" "secret" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.zerodb.arn]
  }
}

# For the role of the External Secrets operator (EKS), or of the task's execution (ECS).
resource "aws_iam_policy" "secret" {
  name_prefix = "${var.name}-secret-"
  policy      = data.aws_iam_policy_document.secret.json
}
