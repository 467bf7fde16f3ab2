USE hostile;
SHOW TABLES;
SELECT HEX(`it's ``; DROP TABLE x`), HEX(b) FROM `a'b"c;$(touch attacked)``{{x}} -- x` ORDER BY 1;
