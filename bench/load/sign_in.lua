-- A small chat call with the key that is given after --.
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.body = '{"model":"mock/m","messages":[{"role":"user","content":"hi"}]}'
end

function delay() -- ms between the calls of a connection
  return 4
end
