---@meta lode
-- require "lode": pipelines, sources, resources, configuration; for editors.

local lode = {}

---@type lode.Null
lode.null = nil

---@alias lode.DispositionWord "append"|"replace"|"merge"|"skip"
---@alias lode.Disposition lode.DispositionWord|lode.MergeDisposition
---@alias lode.Timestamp string|number|lode.Value

---What becomes of rows that are there already, with the options of merge.
---@class lode.MergeDisposition
---@field disposition lode.DispositionWord
---@field strategy? "delete-insert"|"upsert"|"insert-only"|"scd2" default: delete-insert
---@field deduplicated? boolean no two rows of a load have the same primary key
---@field validity_column_names? string[] scd2: since when and until when; _dlt_valid_from, _dlt_valid_to
---@field active_record_timestamp? lode.Timestamp|lode.Null scd2: until when versions hold that still hold; null
---@field boundary_timestamp? lode.Timestamp|lode.Null scd2: since when the rows of a load hold; its start
---@field row_version_column_name? string scd2: tells versions apart; upsert: with skip_unchanged_rows
---@field skip_unchanged_rows? boolean upsert: rows that are the same are not written again
---@alias lode.Row table
---@alias lode.Contract "evolve"|"freeze"|"discard_row"|"discard_value"

---@alias lode.DataType "text"|"bigint"|"double"|"bool"|"timestamp"|"date"|"time"|"decimal"|"wei"|"binary"|"json"

---What can be said of a column; further names may start with x-.
---@class lode.Column
---@field name? string in a list of columns
---@field data_type? lode.DataType
---@field nullable? boolean false: a row without a value is an error
---@field precision? integer digits, characters, bits, or digits of a second
---@field scale? integer digits behind the point
---@field timezone? boolean false: a timestamp without a zone
---@field description? string
---@field primary_key? boolean tells rows apart, for merge
---@field merge_key? boolean rows that are replaced together
---@field unique? boolean
---@field partition? boolean
---@field cluster? boolean
---@field sort? boolean
---@field hard_delete? boolean merge deletes the rows in which the column is true, or not null
---@field dedup_sort? "asc"|"desc" which of several rows with one key merge keeps: the first in this order
---@field incremental? boolean a cursor column
---@field row_key? boolean
---@field parent_key? boolean
---@field root_key? boolean
---@field variant? boolean

---@alias lode.Columns table<string, lode.Column>|lode.Column[]|lode.Model

---@alias lode.Cardinality "zero_to_one"|"one_to_zero"|"zero_to_many"|"many_to_zero"|"one_to_one"
---|"one_to_many"|"many_to_one"|"many_to_many"

---@class lode.Reference
---@field columns string[]
---@field referenced_table string
---@field referenced_columns string[]
---@field label? string
---@field cardinality? lode.Cardinality

---What can be said of the table of a list inside the rows.
---@class lode.NestedHints
---@field columns? table<string, lode.Column>|lode.Column[]
---@field primary_key? string|string[] makes the table stand by itself
---@field merge_key? string|string[]
---@field write_disposition? lode.Disposition
---@field schema_contract? lode.Contract|table<"tables"|"columns"|"data_type", lode.Contract>
---@field references? lode.Reference[]
---@field table_format? string
---@field file_format? string

---The declared shape of rows. Can stand wherever columns can.
---@class lode.Model

---A field that may be missing or null, or a list: what lode.optional and lode.list_of give.
---@class lode.ModelType

---@alias lode.FieldType lode.DataType|"any"|lode.Column|lode.Model|lode.ModelType

---@class lode.ModelOptions
---@field name? string for messages
---@field extra? "ignore"|"allow"|"forbid" fields that the model does not name; ignore
---@field nested? "json"|"tables" nested models and lists are json columns (default), or columns and child tables

---lode.model { id = "bigint", email = lode.optional "text" }, or in an order of its own:
---lode.model { { "id", "bigint" }, { "email", lode.optional "text" } }
---@param declared table<string, lode.FieldType>|{ [1]: string, [2]: lode.FieldType }[]
---@param options? lode.ModelOptions
---@return lode.Model
function lode.model(declared, options) end

---A field of a model that may be missing or null.
---@param kind lode.FieldType
---@return lode.ModelType
function lode.optional(kind) end

---A list in a model.
---@param kind lode.FieldType
---@return lode.ModelType
function lode.list_of(kind) end

---@class lode.Hints
---@field table_name? string|fun(row: table): string default: the name of the resource
---@field write_disposition? lode.Disposition default: append
---@field primary_key? string|string[] needed by merge
---@field merge_key? string|string[] rows that are replaced together
---@field columns? lode.Columns
---@field max_table_nesting? integer deeper objects and lists stay in one json column
---@field schema_contract? lode.Contract|table<"tables"|"columns"|"data_type", lode.Contract>
---@field on_violation? "contract"|"quarantine" quarantine: rows that break the contract go to _lode_quarantine
---@field nested_hints? table<string, lode.NestedHints> by the path of a list in the rows: items, order.items
---@field references? lode.Reference[]
---@field table_format? string
---@field file_format? string

---What belongs to the run, for the functions of a resource.
---@class lode.Context
---@field incremental lode.CursorValues
---@field state table saved with the load, and there again in the next run
---@field args table<string, string>
---@field resource string

---@class lode.CursorValues
---@field start_value any newest value that was loaded, else the initial value; nil if there is none
---@field initial_value any
---@field end_value any

---@class lode.IncrementalFields
---@field cursor_path string field name or JSON path in the raw rows
---@field initial_value? any where the first run starts
---@field end_value? any a bounded range: no state is read or written
---@field last_value_func? "max"|"min"
---@field primary_key? string|string[] tells rows at the boundary apart; {} switches that off
---@field row_order? "asc"|"desc" lets the run stop early
---@field on_cursor_value_missing? "raise"|"include"|"exclude"
---@field lag_s? number re-read so many seconds (days, for dates)
---@field lag? number dlt's name for lag_s
---@field range_start? "closed"|"open"
---@field range_end? "open"|"closed"

---@class lode.Incremental

---Loads only what is new since the last run.
---@param args string|lode.IncrementalFields
---@return lode.Incremental
function lode.incremental(args) end

---@class lode.ResourceFields: lode.Hints
---@field name string unique within its source
---@field data (fun(ctx: lode.Context): any)|lode.Row[]|lode.Page generator, or a list of rows
---@field incremental? string|lode.Incremental|lode.IncrementalFields
---@field selected? boolean false: runs only for the transformers that need it
---@field parallelized? boolean accepted; resources always run side by side

---@class lode.TransformerFields: lode.Hints
---@field name string
---@field data_from? lode.Resource or resource:pipe(transformer)
---@field each? fun(row: lode.Row, ctx: lode.Context): any called for every row
---@field each_page? fun(page: lode.Page, ctx: lode.Context): any called for every page
---@field selected? boolean
---@field parallelized? boolean accepted; calls always run side by side

---@class lode.Limit
---@field items? integer pages, or rows yielded one by one
---@field rows? integer the page that reaches it is kept whole
---@field time_s? number seconds since the resource was opened

---@class lode.Resource
---@field name string
local Resource = {}
---Replaces every row by what `fn` returns; nil drops it.
---@param fn fun(row: lode.Row, ctx: lode.Context): lode.Row?
---@return lode.Resource
function Resource:add_map(fn) end
---Keeps the rows for which `fn` is true; it must not change them.
---@param fn fun(row: lode.Row, ctx: lode.Context): boolean
---@return lode.Resource
function Resource:add_filter(fn) end
---Replaces every row by the rows that `fn` yields.
---@param fn fun(row: lode.Row, ctx: lode.Context)
---@return lode.Resource
function Resource:add_yield_map(fn) end
---@param limit integer|lode.Limit the last call counts
---@return lode.Resource
function Resource:add_limit(limit) end
---@param hints lode.Hints
---@return lode.Resource
function Resource:apply_hints(hints) end
---Feeds a transformer with the rows of this resource. Returns the transformer.
---@param transformer lode.Resource
---@return lode.Resource
function Resource:pipe(transformer) end
---A copy under another name.
---@param name string
---@return lode.Resource
function Resource:with_name(name) end

---A named stream of rows.
---@param args lode.ResourceFields
---@return lode.Resource
function lode.resource(args) end

---A resource that is called with the rows of another one.
---@param args lode.TransformerFields
---@return lode.Resource
function lode.transformer(args) end

---@class lode.SourceFields
---@field name string also the name of the schema
---@field resources lode.Resource[]
---@field max_table_nesting? integer
---@field schema_contract? lode.Contract|table<"tables"|"columns"|"data_type", lode.Contract>
---@field on_violation? "contract"|"quarantine" of resources that do not say
---@field root_key? boolean accepted; child tables of merged tables always have their root key

---@class lode.Source
---@field name string
---@field resources lode.Resource[]
---@field [string] lode.Resource
local Source = {}
---A copy in which only these resources are selected.
---@param ... string
---@return lode.Source
function Source:with_resources(...) end
---@param limit integer|lode.Limit
---@return lode.Source
function Source:add_limit(limit) end

---Resources that belong together.
---@param args lode.SourceFields
---@return lode.Source
function lode.source(args) end

---What is forgotten before a run loads: all tables and state of the source, those of the selected resources, or only
---the rows of these (their tables stay).
---@alias lode.Refresh "drop_sources"|"drop_resources"|"drop_data"

---@class lode.PipelineFields
---@field name string its working folder; letters, digits, '_' and '-'
---@field destination string|table|lode.Secret a URL ("sqlite:///shop.db"), a name, or lode.destination(…)
---@field dataset? string default: the name with _dataset
---@field pipelines_dir? string default: pipelines/ in $LODE_HOME, else in ~/.lode
---@field dev_mode? boolean true: each start of the script loads into a dataset of its own; false
---@field refresh? lode.Refresh what each run forgets before it loads
---@field metrics_file? string metrics of each run, in Prometheus' text format
---@field trace_to_destination? boolean true: table _lode_trace tells of each run; false
---@field import_schema_path? string folder of schema files that people edit; a changed file wins
---@field export_schema_path? string folder that every changed schema is written to

---@class lode.SchemaText
---@field remove_defaults? boolean false: with the names inside tables and columns; true
---@field remove_processing_hints? boolean true: without what runs note down (x-normalizer)

---@class lode.SchemaDiagram
---@field include_dlt_tables? boolean false: without _dlt_loads and the like; true
---@field remove_processing_hints? boolean

---The tables of a source, as a pipeline made them.
---@class lode.Schema
---@field name string
---@field version integer
---@field version_hash string
---@field previous_hashes string[] newest first
---@field table_names string[]
local Schema = {}
---As dlt writes it.
---@param options? lode.SchemaText
---@return string
function Schema:to_yaml(options) end
---@param options? lode.SchemaText
---@return string
function Schema:to_json(options) end
---An entity-relationship diagram for Mermaid.
---@param options? lode.SchemaDiagram
---@return string
function Schema:to_mermaid(options) end
---DBML, for drawing tools.
---@param options? lode.SchemaDiagram
---@return string
function Schema:to_dbml(options) end
---The table with its columns in order; nil if unknown.
---@param name string
---@return table?
function Schema:find_table(name) end

---What a run did. print(report) shows it.
---@class lode.Report
---@field schema? lode.Schema that was loaded; nil when there was nothing to load
local Report = {}
---for table_name, row_count in report:row_counts() do
---@return fun(): string?, integer?
function Report:row_counts() end
---Rows loaded into a table; 0 if it got none.
---@param table_name string
---@return integer
function Report:rows(table_name) end

---@class lode.RunFields
---@field table_name? string
---@field write_disposition? lode.Disposition
---@field primary_key? string|string[]
---@field columns? lode.Columns
---@field schema_contract? lode.Contract|table
---@field on_violation? "contract"|"quarantine"
---@field refresh? lode.Refresh instead of the pipeline's
---@field keeps_packages? boolean false: what a failed load leaves is thrown away, for data that is still there; true

---@class lode.DatasetFields
---@field destination string|table|lode.Secret a URL, a name, or lode.destination(…)
---@field dataset string
---@field schema? string the one whose tables there are; all that the dataset has

---@class lode.PipelineDatasetFields
---@field schema? string the one whose tables there are; all that the dataset has

---@class lode.TablesFields
---@field dlt_tables? boolean also _dlt_loads and the like; false

---@class lode.RowCountsFields
---@field tables? string[] names; all
---@field dlt_tables? boolean also _dlt_loads and the like; false
---@field load_id? string only rows that came with this load, of the tables that note it

---@class lode.JoinFields
---@field kind? "inner"|"left"|"right"|"full" inner
---@field alias? string begins the names of its columns, as items in items__sku; the table's name

---@alias lode.Comparison "="|"!="|"<"|"<="|">"|">="|"in"|"not_in"|"like"|"not_like"

---A query. It is asked when its rows are, every time anew.
---@class lode.Query
local Query = {}
---for row in query:rows() do: memory holds some at a time.
---@return fun(): lode.Row?
function Query:rows() end
---for page in query:pages() do: to be yielded by a resource.
---@return fun(): lode.Page?
function Query:pages() end
---@return lode.Row[]
function Query:fetch_all() end
---@param count integer
---@return lode.Row[]
function Query:fetch_many(count) end
---@return lode.Row?
function Query:fetch_one() end
---The one value of the one row; nil if there is no row, or the value is null.
---@return any
function Query:fetch_scalar() end
---Names, in order.
---@return string[]
function Query:columns() end
---@return string
function Query:to_sql() end

---The rows of a table, or some of them. Its methods answer new relations and change nothing.
---@class lode.Relation: lode.Query
local Relation = {}
---@param column string|string[]
---@param ... string
---@return lode.Relation
function Relation:select(column, ...) end
---where("total", ">", 100); where("status", "paid"); where { status = { "paid", "sent" } };
---where("total > ? or vip", 5)
---@param condition string|table<string, any> a column, SQL, or values by column
---@param ... any
---@return lode.Relation
---@overload fun(self: lode.Relation, column: string, comparison: lode.Comparison, value: any): lode.Relation
function Relation:where(condition, ...) end
Relation.filter = Relation.where
---@param column string
---@param direction? "asc"|"desc" asc
---@return lode.Relation
function Relation:order_by(column, direction) end
---@param rows integer
---@return lode.Relation
function Relation:limit(rows) end
---@param rows? integer 5
---@return lode.Relation
function Relation:head(rows) end
---@param load_id string|string[]
---@param ... string
---@return lode.Relation
function Relation:from_loads(load_id, ...) end
---With the rows of a nested table, a parent or a referenced table; its columns are <alias>__<column>.
---@param table_name string
---@param options? lode.JoinFields
---@return lode.Relation
function Relation:join(table_name, options) end
---@return integer
function Relation:count() end
---@param column string
---@return any nil: no row has a value
function Relation:min(column) end
---@param column string
---@return any nil: no row has a value
function Relation:max(column) end

---What was loaded, to be read. dataset.orders and dataset["orders"] are dataset:table("orders").
---@class lode.Dataset
---@field [string] lode.Relation
---@overload fun(sql: string, ...: any): lode.Query
local Dataset = {}
---Names of the tables that loads have made.
---@param options? lode.TablesFields
---@return string[]
function Dataset:tables(options) end
---@param options? lode.RowCountsFields
---@return table<string, integer>
function Dataset:row_counts(options) end
---@param name string
---@return lode.Relation
function Dataset:table(name) end
---ds:query("select … where id = ?", 5)
---@param sql string
---@param ... any
---@return lode.Query
function Dataset:query(sql, ...) end
---In their order.
---@param schema_name? string
---@return string[]
function Dataset:load_ids(schema_name) end
---@param schema_name? string
---@return string?
function Dataset:latest_load_id(schema_name) end
---The stored schema of this name; the newest one.
---@param name? string
---@return lode.Schema?
function Dataset:schema(name) end

---@param args lode.DatasetFields
---@return lode.Dataset
function lode.dataset(args) end

---@class lode.Pipeline
---@field name string
---@field dataset_name string
---@field default_schema? lode.Schema of the first source, as of the last load from this machine
local Pipeline = {}
---The schema called `name`; nil if nothing of it was loaded from this machine.
---@param name? string
---@return lode.Schema?
function Pipeline:schema(name) end
---What it has loaded, to be read.
---@param options? lode.PipelineDatasetFields|string
---@return lode.Dataset
function Pipeline:dataset(options) end
---Extracts, normalizes and loads, exactly once; returns when it is done. Raises when something goes wrong: then nothing
---of the run is loaded.
---@param data lode.Source|lode.Resource|lode.Resource[]
---@param options? lode.RunFields
---@return lode.Report
function Pipeline:run(data, options) end

---@param args lode.PipelineFields
---@return lode.Pipeline
function lode.pipeline(args) end

---lode.destination("sqlite", { credentials = … })
---@param kind string
---@param options? table
---@return table
function lode.destination(kind, options) end

---@class lode.ArgFields
---@field default? string|number|boolean
---@field help? string
---@field required? boolean

---What the command line gives: lode run script.lua -- repo=lua/lua
---@param declared table<string, lode.ArgFields>
---@return table<string, any>
function lode.args(declared) end

---Settings: configuration in all places; see lode.Config.
---@type lode.Config
lode.config = nil

---@type lode.Secrets
lode.secrets = nil

---@type lode.Credentials
lode.credentials = nil

---@param key string "sources.shop.api_key"
---@return lode.Secret
function lode.secret(key) end

---Tells a list from an object: lode.list {} is [].
---@generic T
---@param items T[]
---@return T[]
function lode.list(items) end

---A page made of rows, maybe for another table than the resource's own.
---@param rows lode.Row[]
---@param table_name? string
---@return lode.Page
function lode.page(rows, table_name) end

---An exact decimal number: lode.decimal "12.50"
---@param text string
---@return lode.Value
function lode.decimal(text) end

---A timestamp from seconds since 1970.
---@param seconds number
---@return lode.Value
function lode.time(seconds) end

---Bytes for a binary column.
---@param bytes string
---@return lode.Value
function lode.bytes(bytes) end

---@param value any
---@return string
function lode.json_encode(value) end

---@param text string
---@return any
function lode.json_decode(text) end

---Waits; other resources go on.
---@param seconds number
function lode.sleep(seconds) end

---@class lode.Log
---@field debug fun(text: any)
---@field info fun(text: any)
---@field warning fun(text: any)
lode.log = {}

return lode
