-- Roundcube's own tables come from its package.
CREATE DATABASE roundcube DEFAULT CHARACTER SET utf8mb4;
CREATE USER 'roundcube'@'localhost' IDENTIFIED BY 'lab-roundcube-@ROLE@';
GRANT ALL PRIVILEGES ON roundcube.* TO 'roundcube'@'localhost';
