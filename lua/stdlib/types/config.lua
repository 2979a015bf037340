---@meta
-- lode.config, lode.secrets and lode.credentials; for editors.

---@alias lode.CredentialKind "connection_string"|"postgres"|"gcp_service_account"|"gcp_oauth"|"aws"|"azure"
---|"azure_service_principal"|"oauth2"|"string"|"table"

---@class lode.CredentialsAuthFields
---@field scopes? string|string[]
---@field token_url? string where tokens are asked for
---@field on_token? fun(answer: table) sees every answer with a token
---@field service? string of Amazon's: s3, execute-api
---@field region? string of Amazon's, if it is not region_name

---What a service needs to let us in: fields by name, secret ones are secrets. Prints without them.
---@class lode.CredentialsObject
---@field [string] any
local CredentialsObject = {}
---A connection string, or the JSON of the fields.
---@return lode.Secret
function CredentialsObject:to_native_representation() end
---@return table<string, any>
function CredentialsObject:to_table() end
---@return table<string, any>
function CredentialsObject:to_adlfs_credentials() end
---@return table<string, any>
function CredentialsObject:to_s3fs_credentials() end
---Auth for clients: sends an access token, and gets a new one when it ends; of kind aws, signs requests.
---@param args? string|string[]|lode.CredentialsAuthFields
---@return any
function CredentialsObject:auth(args) end
---Whether they are the machine's own instead of configured ones.
---@return boolean
function CredentialsObject:has_default_credentials() end

---@class lode.CredentialsFindFields
---@field section string|string[] "sources.shop"
---@field kind lode.CredentialKind|lode.CredentialKind[] with several: the first that is complete
---@field name? string default: credentials
---@field pipeline? string values under this name come first

---Made from a table, a JSON text or a native form: lode.credentials.connection_string "postgresql://…".
---@class lode.Credentials
---@field [lode.CredentialKind] fun(value: table|string|lode.Secret): lode.CredentialsObject
local Credentials = {}

---Found in the configuration, in any form, completed from all places.
---@param fields lode.CredentialsFindFields
---@return lode.CredentialsObject|lode.Secret|table
---@return lode.CredentialKind
function Credentials.find(fields) end

---@param value any
---@return lode.CredentialKind?
function Credentials.kind_of(value) end

---@alias lode.ConfigType "any"|"string"|"integer"|"number"|"boolean"|"secret"|"path"|"timestamp"|"date"|"list"|"table"

---A setting as a script declares it: { "page_size", "integer", default = 100, doc = "rows of a page" }
---@class lode.ConfigField
---@field [1] string name
---@field [2]? lode.ConfigType|lode.CredentialKind|lode.CredentialKind[] default: that of `default`, else string
---@field required? boolean nothing found is an error
---@field default? any
---@field doc? string a sentence
---@field one_of? any[] the values that are allowed

---@class lode.ConfigReadFields
---@field section string|string[] "sources.shop"
---@field fields (lode.ConfigField|string)[]
---@field pipeline? string values under this name come first
---@field args? boolean they may be given behind --, too, and win; secrets may not

---Settings. Called: the value of a dotted key; without it `default`, else an error that says where it was looked for.
---@class lode.Config
---@overload fun(key: string, default?: any): any
local Config = {}

---The value of a key, nil if nobody has it. What the environment has is read as the type; without one, as what it looks
---like.
---@param key string "sources.shop.page_size"
---@param type? lode.ConfigType
---@return any
function Config.get(key, type) end

---Wins over all other places for the rest of this run of the script. nil takes it back.
---@param key string
---@param value any
function Config.set(key, value) end

---Forgets what was set at a key and below it; without a key, all of it.
---@param key? string
function Config.clear(key) end

---@class lode.ConfigProviderFields
---@field name string for messages
---@field load? fun(): table all that is there, by sections; called once
---@field get? fun(key: string): any the value of a dotted key, or nil; called once a key
---@field secrets? boolean default: true

---Adds a place of the script's own, asked after all others. Either load or get.
---@param fields lode.ConfigProviderFields
function Config.register_provider(fields) end

---The settings of a section as they are declared; less specific places are tried in turn.
---@param fields lode.ConfigReadFields
---@return table<string, any>
function Config.read(fields) end

---Secrets: the same, for values that must not be shown. Called: an error if nobody has it.
---@class lode.Secrets
---@overload fun(key: string): lode.Secret
local Secrets = {}

---@param key string
---@param type? lode.ConfigType default: secret
---@return any
function Secrets.get(key, type) end

---@param key string
---@param value string|lode.Secret|table|nil
function Secrets.set(key, value) end

---@param key? string
function Secrets.clear(key) end
