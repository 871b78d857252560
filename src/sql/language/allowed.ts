const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(' '));

/**
 * Functions that compute from their arguments alone, in time and memory proportional to them. Left out on purpose: what
 * makes a long value out of a short one (repeat, format), regular expressions (a pattern may take exponential time), what
 * compares everything with everything without a look at the time (&&, gcd, normalize),
 * and whatever reads or changes more than its arguments: settings, files, other sessions, catalogs, large objects,
 * locks, sequences, SQL in a string.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  // aggregates
  ...words(
    `count sum avg min max bool_and bool_or every string_agg array_agg json_agg jsonb_agg json_object_agg
jsonb_object_agg stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_slope
regr_intercept regr_r2 regr_count percentile_cont percentile_disc mode`.replaceAll('\n', ' '),
  ),
  // windows
  ...words('row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value'),
  // numbers
  ...words(
    `abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log10 power mod div greatest least degrees radians pi
sin cos tan asin acos atan atan2 sinh cosh tanh width_bucket random`.replaceAll('\n', ' '),
  ),
  // texts
  ...words(
    `length char_length character_length octet_length lower upper initcap trim btrim ltrim rtrim substring substr left
right position strpos concat concat_ws replace translate reverse split_part starts_with ascii chr md5 lpad rpad
to_char to_number to_hex encode decode overlay string_to_array array_to_string quote_literal like_escape
sha256`.replaceAll('\n', ' '),
  ),
  // times
  ...words(
    `now clock_timestamp statement_timestamp transaction_timestamp date_trunc date_part extract age make_date make_time
make_timestamp make_timestamptz make_interval to_timestamp to_date timezone date_bin justify_days justify_hours
justify_interval isfinite overlaps`.replaceAll('\n', ' '),
  ),
  // JSON
  ...words(
    `to_json to_jsonb json_build_object json_build_array jsonb_build_object jsonb_build_array row_to_json json_object
jsonb_object json_typeof jsonb_typeof json_array_length jsonb_array_length json_extract_path json_extract_path_text
jsonb_extract_path jsonb_extract_path_text jsonb_set jsonb_insert jsonb_strip_nulls json_strip_nulls jsonb_pretty
jsonb_exists`.replaceAll('\n', ' '),
  ),
  // arrays
  ...words(
    `array_length array_lower array_upper array_ndims array_dims array_position array_positions array_append array_prepend
array_cat array_remove cardinality any_value`.replaceAll('\n', ' '),
  ),
  // vectors, and the rest
  ...words(
    `cosine_distance l2_distance l1_distance inner_product vector_dims vector_norm l2_normalize
nullif coalesce num_nulls num_nonnulls pg_typeof`.replaceAll('\n', ' '),
  ),
]);

/** Functions that return rows; in FROM only, where their rows are counted against the time. */
export const ROW_FUNCTIONS: ReadonlySet<string> = words(
  'unnest jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys ' +
    'json_array_elements json_array_elements_text json_each json_each_text json_object_keys string_to_table ' +
    'jsonb_to_recordset jsonb_to_record json_to_recordset json_to_record generate_series search',
);

export const OPERATORS: ReadonlySet<string> = words(
  '+ - * / % ^ || = <> != < > <= >= ~~ !~~ ~~* !~~* -> ->> #> #>> @> <@ ? ?| ?& #- <-> <=> <#> <+>',
);

/** The ways in which an operator may stand between its arguments: all but SIMILAR TO, which is a regular expression. */
export const EXPRESSIONS: ReadonlySet<string> = words(
  'AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN AEXPR_LIKE ' +
    'AEXPR_ILIKE AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM',
);
export const BETWEENS: ReadonlySet<string> = words(
  'AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM',
);

export const TYPES: ReadonlySet<string> = words(
  'int2 int4 int8 numeric float4 float8 bool text varchar bpchar date time timetz timestamp timestamptz interval json ' +
    'jsonb uuid bytea vector halfvec int integer bigint smallint boolean decimal real string',
);

export const MOMENTS: ReadonlySet<string> = words(
  'SVFOP_CURRENT_DATE SVFOP_CURRENT_TIME SVFOP_CURRENT_TIME_N SVFOP_CURRENT_TIMESTAMP SVFOP_CURRENT_TIMESTAMP_N ' +
    'SVFOP_LOCALTIME SVFOP_LOCALTIME_N SVFOP_LOCALTIMESTAMP SVFOP_LOCALTIMESTAMP_N',
);

/** Aggregates whose value grows with the rows that they read. */
export const COLLECTING: ReadonlySet<string> = words(
  'string_agg array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict',
);

/** Functions that take a row of any kind, are not among the others, and could be called by the name of a column. */
export const OF_WHOLE_ROWS: ReadonlySet<string> = words(
  'pg_column_size pg_column_compression pg_column_toast_chunk_id pg_collation_for pg_restore_relation_stats ' +
    'pg_restore_attribute_stats record record_out record_send hash_record quote_nullable json_agg_strict ' +
    'jsonb_agg_strict any_out anyelement_out anynonarray_out anycompatible_out anycompatiblenonarray_out',
);

/** Longest text that lpad, rpad and char(n) may make. */
export const MAX_PADDED = 100;
/** Longest constant that a text, array or object is searched for. */
export const MAX_NEEDLE = 1_000;
