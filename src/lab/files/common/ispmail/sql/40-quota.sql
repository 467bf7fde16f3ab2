-- For guides that know a quota.
UPDATE mailserver.virtual_users SET quota = 1073741824 WHERE email = 'jane@example.net';
