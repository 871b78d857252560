module github.com/zerodb/zerodb/sdk/go

go 1.24
