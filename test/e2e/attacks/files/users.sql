-- Users whose names a shell, a pattern, a path or an SQL statement would take for something else.
INSERT INTO virtual_domains (id, name) VALUES (90, 'example.org'), (91, '..');
INSERT INTO virtual_users (domain_id, email, password) VALUES
  (90, '$(touch /tmp/attacked)@example.org', 'x'), (90, '`touch /tmp/attacked`@example.org', 'x'),
  (90, '; touch /tmp/attacked;@example.org', 'x'), (90, '-Atouch@example.org', 'x'), (91, 'x@..', 'x'),
  (90, '../../../tmp@example.org', 'x'), (90, 'two\nlines@example.org', 'x'), (90, 'a\tb@example.org', 'x'),
  (90, '{{old_host}}@example.org', 'x'), (90, CONCAT(CHAR(27), '[2J@example.org'), 'x'),
  (90, ''' OR 1=1; --@example.org', 'x'), (90, '*@example.org', 'x');
