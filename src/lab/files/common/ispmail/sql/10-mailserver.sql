-- The mailserver database as the guides before Trixie make it; they differ in the quota.
CREATE DATABASE mailserver;
CREATE USER 'mailadmin'@'localhost' IDENTIFIED BY 'lab-mailadmin-@ROLE@';
GRANT ALL PRIVILEGES ON mailserver.* TO 'mailadmin'@'localhost';
CREATE USER 'mailserver'@'127.0.0.1' IDENTIFIED BY 'lab-mailserver-@ROLE@';
GRANT SELECT ON mailserver.* TO 'mailserver'@'127.0.0.1';

USE mailserver;

CREATE TABLE virtual_domains (
  id int(11) NOT NULL auto_increment,
  name varchar(50) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;

CREATE TABLE virtual_users (
  id int(11) NOT NULL auto_increment,
  domain_id int(11) NOT NULL,
  email varchar(100) NOT NULL,
  password varchar(150) NOT NULL,
  @QUOTA@
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  FOREIGN KEY (domain_id) REFERENCES virtual_domains(id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8;

CREATE TABLE virtual_aliases (
  id int(11) NOT NULL auto_increment,
  domain_id int(11) NOT NULL,
  source varchar(100) NOT NULL,
  destination varchar(100) NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (domain_id) REFERENCES virtual_domains(id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
