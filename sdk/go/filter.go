package zerodb

import "strings"

// Filter selects records, memories or events. ZeroDB's page on filters says what each operator means.
type Filter map[string]any

func on(field, operator string, value any) Filter {
	return Filter{field: map[string]any{operator: value}}
}

// Eq and the functions after it make one condition on one field.
func Eq(field string, value any) Filter            { return on(field, "$eq", value) }
func Ne(field string, value any) Filter            { return on(field, "$ne", value) }
func Gt(field string, value any) Filter            { return on(field, "$gt", value) }
func Gte(field string, value any) Filter           { return on(field, "$gte", value) }
func Lt(field string, value any) Filter            { return on(field, "$lt", value) }
func Lte(field string, value any) Filter           { return on(field, "$lte", value) }
func In(field string, values ...any) Filter        { return on(field, "$in", orEmpty(values)) }
func Nin(field string, values ...any) Filter       { return on(field, "$nin", orEmpty(values)) }
func Exists(field string, isThere bool) Filter     { return on(field, "$exists", isThere) }
func Contains(field string, values ...any) Filter  { return on(field, "$contains", orEmpty(values)) }
func Text(field, words string) Filter              { return on(field, "$text", words) }
func ElemMatch(field string, filter Filter) Filter { return on(field, "$elemMatch", filter) }
func Not(negated Filter) Filter                    { return Filter{"$not": negated} }
func Any(first Filter, others ...Filter) Filter {
	return Filter{"$or": append([]Filter{first}, others...)}
}

// All holds where all of them hold. Without a filter: everywhere.
func All(filters ...Filter) Filter {
	if len(filters) == 0 {
		return Filter{}
	}
	return Filter{"$and": filters}
}

// FieldPath is the path to a field below others. A dot in a key is escaped: FieldPath("files", "a.txt").
func FieldPath(keys ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `.`, `\.`)
	escaped := make([]string, len(keys))
	for at, key := range keys {
		escaped[at] = escape.Replace(key)
	}
	return strings.Join(escaped, ".")
}

func orEmpty(values []any) []any {
	if values == nil {
		return []any{}
	}
	return values
}
