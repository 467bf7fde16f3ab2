-- Rows, a table and a column with such names.
CREATE DATABASE hostile CHARACTER SET utf8mb4;
USE hostile;
CREATE TABLE `a'b"c;$(touch attacked)``{{x}} -- x` (`it's ``; DROP TABLE x` varchar(200) PRIMARY KEY, b blob);
INSERT INTO `a'b"c;$(touch attacked)``{{x}} -- x` VALUES
  ('''; DROP TABLE x; --', 0x00ff0a0d1b5b324a), ('$(touch /tmp/attacked)', ''), ('{{old_host}}', NULL),
  ('=HYPERLINK("x")', '<script>x</script>'), ('tab\tand\nlines', '\\N'), ('\\', 'x');
