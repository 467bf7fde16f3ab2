-- An account is a directory with a file `password` in it.
local mailboxes = "@MAILBOXES@"

local function password_of(user)
  if user:find("/") then return nil end
  local file = io.open(mailboxes .. "/" .. user .. "/password")
  if file == nil then return nil end
  local hash = file:read("l")
  file:close()
  return hash
end

function auth_passdb_lookup(request)
  local hash = password_of(request.user)
  if hash == nil then return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, "no such address" end
  return dovecot.auth.PASSDB_RESULT_OK, { password = hash }
end

function auth_userdb_lookup(request)
  if password_of(request.user) == nil then return dovecot.auth.USERDB_RESULT_USER_UNKNOWN, "no such address" end
  return dovecot.auth.USERDB_RESULT_OK, { home = mailboxes .. "/" .. request.user, uid = "vmail", gid = "vmail" }
end

function auth_userdb_iterate()
  local users = {}
  local names = io.popen("ls -- '" .. mailboxes .. "'")
  for name in names:lines() do
    if name:find("@") then users[#users + 1] = name end
  end
  names:close()
  return users
end
