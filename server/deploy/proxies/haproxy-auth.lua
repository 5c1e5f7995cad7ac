-- http-request lua.keyward ADDRESS: asks Keyward there whether the request has the scope in txn.scope.
-- A yes sets the identity headers and txn.keyward to "allowed"; anything else ends the request here.

-- Of the request only what Keyward reads: where keys are, what signatures cover, and what haproxy.cfg sets. Add the headers
-- that a tenant has of its own for its keys, and others that your clients sign.
local read = {
    "authorization", "x-api-key", "cookie", "user-agent", "signature", "signature-input", "content-digest",
    "content-type", "date", "x-forwarded-for", "x-forwarded-host",
}

-- Keyward's words about who calls.
local identity = {
    "x-keyward-key-id", "x-keyward-key-name", "x-keyward-key-series", "x-keyward-subject", "x-keyward-role", "x-keyward-tenant",
    "x-keyward-scopes", "x-keyward-request-id",
}

local function ask(txn, address)
    local all, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(read) do
        headers[name] = all[name]
    end
    headers["x-forwarded-method"] = { txn.sf:method() }
    headers["x-forwarded-uri"] = { txn.sf:pathq() }
    local url = "http://" .. address .. "/forward-auth?scope=" .. txn:get_var("txn.scope")
    -- A second for each of its four tries.
    return core.httpclient():get({ url = url, headers = headers, timeout = 1000 })
end

local function said(answer, name)
    local values = answer.headers and answer.headers[name]
    return values and values[0] or ""
end

local function refuse(txn, answer)
    local reply
    if answer.status == 401 or answer.status == 403 or answer.status == 429 or answer.status == 431 then
        reply = txn:reply({ status = answer.status, body = answer.body })
        for name, values in pairs(answer.headers) do
            if name ~= "content-length" and name ~= "connection" and name ~= "transfer-encoding" then
                for _, value in pairs(values) do
                    reply:add_header(name, value)
                end
            end
        end
    else
        reply = txn:reply({ status = 503, body = '{"title":"Keys cannot be checked now","status":503}' })
        reply:add_header("content-type", "application/problem+json")
        reply:add_header("retry-after", "1")
    end
    txn:done(reply)
end

core.register_action("keyward", { "http-req" }, function(txn, address)
    local answer = ask(txn, address)
    txn:set_var("txn.keyward_request_id", said(answer, "x-keyward-request-id"))
    if answer.status ~= 200 then
        refuse(txn, answer)
        return
    end
    for _, name in ipairs(identity) do
        txn.http:req_set_header(name, said(answer, name))
    end
    txn:set_var("txn.keyward", "allowed")
end, 1)
