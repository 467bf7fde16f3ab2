USE hostile;
SHOW TABLES;
SELECT HEX(`it's ``; DROP TABLE x`), HEX(b) FROM `a'b"c;$(touch attacked)``{{x}} -- x` ORDER BY 1;
SELECT HEX(name), HEX(word), HEX(note) FROM latin ORDER BY HEX(name);
SELECT HEX(name) FROM old_utf8 ORDER BY HEX(name);
SELECT column_name, character_set_name FROM information_schema.columns WHERE table_schema = 'hostile' AND table_name = 'latin' ORDER BY 1;
