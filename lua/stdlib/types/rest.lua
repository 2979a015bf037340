---@meta lode.rest
-- require "lode.rest": clients that page, paginators, declared sources; for editors.

local rest = {}

---@alias lode.PaginatorName
---| "auto"
---| "cursor"
---| "header_cursor"
---| "header_link"
---| "json_link"
---| "offset"
---| "page_number"
---| "single_page"

---@class lode.Paginator

---@class lode.PaginatorFields
---@field type lode.PaginatorName

---A paginator of your own. Each walk over pages works on a copy of the table.
---@class lode.CustomPaginator
---@field has_next_page? boolean true at the start
---@field may_repeat? boolean asking the same twice is meant; else it is an error
---@field init_request? fun(self, request: lode.Request) before the first request
---@field update_state fun(self, response: lode.Response, page: lode.Page) after each answer: sets self.has_next_page
---@field update_request? fun(self, request: lode.Request) makes it the request for the next page

---@class lode.Request
---@field method string
---@field url string
---@field params [string, any][]
---@field headers table<string, lode.Text>
---@field json any
---@field data any

---@alias lode.AnyPaginator
---| lode.PaginatorName
---| lode.PaginatorFields
---| lode.Paginator
---| lode.CustomPaginator
---| fun(): lode.CustomPaginator

---@class lode.ResponseAction
---@field status_code? integer only answers with this status
---@field content? string only answers whose body has this text in it
---"ignore": the pages of this call end here. "retry": tries again. "raise": what happens anyway. Functions get the
---response, may change it, and may return "ignore" or "retry".
---@field action "ignore"|"retry"|"raise"|lode.ResponseHook|lode.ResponseHook[]

---@class lode.RestClientFields: lode.HttpClientFields
---@field base_url string
---@field paginator? lode.AnyPaginator default: as the first answer looks
---@field data_selector? string JSON path of the rows; default: as the first answer looks
---@field parallel_pages? integer pages asked for at once where they can be counted; 1
---@field same_origin_next? boolean true: a next page on another server is an error

---@class lode.PaginateFields: lode.RequestFields
---@field method? string GET
---@field paginator? lode.AnyPaginator
---@field data_selector? string
---@field accept? integer|integer[] statuses from 400 on whose bodies are pages all the same
---@field parallel_pages? integer
---@field same_origin_next? boolean
---@field response_actions? (lode.ResponseAction|fun(response: lode.Response))[]

---A page of a client knows where it comes from.
---@class lode.ClientPage: lode.Page
---@field request lode.Request as it was asked for
---@field response lode.Response
---@field paginator table its state after this page
---@field auth lode.Auth?

---@class lode.RestClient: lode.HttpClient
local RestClient = {}
---for page, response in client:paginate("orders", { params = { state = "all" } }) do
---@param path string
---@param options? lode.PaginateFields
---@return fun(): lode.ClientPage?, lode.Response?
function RestClient:paginate(path, options) end
---The same as paginate.
---@param path string
---@param options? lode.PaginateFields
---@return fun(): lode.ClientPage?, lode.Response?
function RestClient:pages(path, options) end

---@param args lode.RestClientFields
---@return lode.RestClient
function rest.client(args) end

---The pages of one address, without a client. Fields of rest.client and of paginate.
---@param url string
---@param options? table
---@return fun(): lode.ClientPage?, lode.Response?
function rest.paginate(url, options) end

---@class lode.HeaderLinkFields
---@field links_next_key? string the rel of the link; next

---@class lode.JsonLinkFields
---@field next_url_path? string where the link is; next

---@class lode.CursorFields
---@field cursor_path? string where the answer has it; cursors.next
---@field cursor_param? string query parameter that takes it; cursor
---@field cursor_body_path? string or the place in the JSON body that takes it
---@field stop_after_empty_page? boolean
---@field has_more_path? string|lode.Null a boolean in the answer, which decides instead

---@class lode.HeaderCursorFields
---@field cursor_key? string the header that has it; next
---@field cursor_header_name? string the same as cursor_key
---@field cursor_param? string query parameter that takes it; cursor

---@class lode.OffsetFields
---@field limit integer rows a page
---@field offset? integer of the first page; 0
---@field offset_param? string
---@field limit_param? string
---@field offset_body_path? string
---@field limit_body_path? string
---@field total_path? string|lode.Null number of rows; lode.null: not in the answers
---@field maximum_offset? integer pages start before it
---@field has_more_path? string|lode.Null
---@field stop_after_empty_page? boolean true

---@class lode.PageNumberFields
---@field base_page? integer the number of the very first page: 0 or 1; 0
---@field page? integer where to start; base_page
---@field page_param? string
---@field page_body_path? string
---@field total_path? string|lode.Null number of pages; lode.null: not in the answers
---@field maximum_page? integer pages come before it
---@field has_more_path? string|lode.Null
---@field stop_after_empty_page? boolean true

rest.paginators = {}
---@return lode.Paginator
function rest.paginators.single_page() end
---@param args? lode.HeaderLinkFields
---@return lode.Paginator
function rest.paginators.header_link(args) end
---@param args? lode.JsonLinkFields
---@return lode.Paginator
function rest.paginators.json_link(args) end
---@param args? lode.CursorFields
---@return lode.Paginator
function rest.paginators.cursor(args) end
---@param args? lode.HeaderCursorFields
---@return lode.Paginator
function rest.paginators.header_cursor(args) end
---@param args lode.OffsetFields
---@return lode.Paginator
function rest.paginators.offset(args) end
---@param args? lode.PageNumberFields
---@return lode.Paginator
function rest.paginators.page_number(args) end

---@class lode.EndpointFields
---{resources.<parent>.<field>} is filled in for every row of the parent.
---@field path? string default: the name of the resource
---@field method? "GET"|"POST"
---@field params? lode.Params
---@field json? table
---@field data? string|lode.Params
---@field headers? table<string, lode.Text>
---@field auth? lode.AnyAuth|lode.Null|false
---@field paginator? lode.AnyPaginator
---@field data_selector? string
---@field response_actions? (lode.ResponseAction|fun(response: lode.Response))[]
---@field incremental? string|lode.EndpointIncremental
---@field parallel_pages? integer pages asked for at once where they can be counted: offset, page_number with a total

---@class lode.EndpointIncremental: lode.IncrementalFields
---@field start_param? string query parameter for the start value; or write {incremental.start_value} where it belongs
---@field end_param? string
---@field convert? fun(value: any): any how the value is written in requests

---@class lode.EndpointResourceFields: lode.Hints
---@field name string
---@field endpoint? string|lode.EndpointFields
---@field include_from_parent? string[] fields of the parent's row, as _<parent>_<field>
---@field processing_steps? { filter?: function, map?: function, yield_map?: function }[]
---@field selected? boolean
---@field parallelized? boolean

---@class lode.EndpointDefaults: lode.Hints
---@field endpoint? string|lode.EndpointFields

---@class lode.RestSourceFields
---@field name? string rest_api
---@field client lode.RestClientFields|lode.RestClient
---@field resources (string|lode.EndpointResourceFields|lode.Resource)[]
---@field resource_defaults? lode.EndpointDefaults
---@field max_table_nesting? integer
---@field schema_contract? lode.Contract|table
---@field on_violation? "contract"|"quarantine"

---A REST API as a table that says what is where.
---@param args lode.RestSourceFields
---@return lode.Source
function rest.source(args) end

---The resources of such a table, for a source of the script's own.
---@param args lode.RestSourceFields
---@return lode.Resource[]
function rest.resources(args) end

---A kind of paginator of the script's own, for paginator = { type = "my_paging", … }.
---@param name string
---@param make fun(options: table): lode.CustomPaginator
function rest.register_paginator(name, make) end

---A type of auth of the script's own, for auth = { type = "my_auth", … }.
---@param name string
---@param make fun(args: table): lode.Auth
function rest.register_auth(name, make) end

---@param args lode.OAuth2ClientCredentialsFields
---@return lode.Auth
function rest.oauth2_client_credentials(args) end
---@param args lode.OAuth2RefreshTokenFields
---@return lode.Auth
function rest.oauth2_refresh_token(args) end
---@param args lode.OAuthJwtFields
---@return lode.Auth
function rest.oauth_jwt(args) end
---@param args lode.AwsV4Fields
---@return lode.Auth
function rest.aws_v4(args) end
---@param token lode.Text|{ token: lode.Text }
---@return lode.Auth
function rest.bearer(token) end
---@param args lode.Text|{ api_key: lode.Text, name?: string, location?: "header"|"query"|"cookie" }
---@return lode.Auth
function rest.api_key(args) end
---@param username lode.Text|{ username: lode.Text, password: lode.Text }
---@param password? lode.Text
---@return lode.Auth
function rest.basic(username, password) end

return rest
