-- Rows, a table and a column with such names.
CREATE DATABASE hostile CHARACTER SET utf8mb4;
USE hostile;
CREATE TABLE `a'b"c;$(touch attacked)``{{x}} -- x` (`it's ``; DROP TABLE x` varchar(200) PRIMARY KEY, b blob);
INSERT INTO `a'b"c;$(touch attacked)``{{x}} -- x` VALUES
  ('''; DROP TABLE x; --', 0x00ff0a0d1b5b324a), ('$(touch /tmp/attacked)', ''), ('{{old_host}}', NULL),
  ('=HYPERLINK("x")', '<script>x</script>'), ('tab\tand\nlines', '\\N'), ('\\', 'x');
-- Old tables: what a client said in UTF-8 over a connection in latin1 stands there as two letters for one, and next to
-- it what is really latin1, bytes that no letter has among them.
CREATE TABLE latin (name varchar(60) PRIMARY KEY, word enum('größer', 'kleiner'), note text) CHARACTER SET latin1;
SET NAMES latin1;
INSERT INTO latin VALUES ('zoë', 'kleiner', 'Grüße, наши, 邮件');
SET NAMES utf8mb4;
INSERT INTO latin VALUES ('zoë', 'größer', 'Grüße, „quoted“ €'), (0x818d8f909dff, NULL, 0x5c27220a00ff);
CREATE TABLE old_utf8 (name varchar(60) PRIMARY KEY) CHARACTER SET utf8 COLLATE utf8_unicode_ci;
INSERT INTO old_utf8 VALUES ('zoë'), ('Straße'), ('邮件');
