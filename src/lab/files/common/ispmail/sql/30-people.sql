-- The two domains, and a user in each to try the server with. Their password is "summersun", as in the guide.
USE mailserver;
INSERT INTO virtual_domains (id, name) VALUES (1, 'example.org'), (2, 'example.net');
INSERT INTO virtual_users (domain_id, email, password) VALUES
  (1, 'john@example.org', '@BLF_CRYPT@'),
  (2, 'jane@example.net', '@SHA256_CRYPT@');
INSERT INTO virtual_aliases (domain_id, source, destination) VALUES
  (1, 'jack@example.org', 'john@example.org'),
  (2, 'info@example.net', 'jane@example.net'),
  (2, 'info@example.net', 'john@example.org');

USE roundcube;
INSERT INTO users (user_id, username, mail_host, created, last_login, language, preferences) VALUES
  (1, 'john@example.org', 'mail-old.example.org', '2021-10-03 12:00:00', '2025-06-01 08:30:00', 'en_US', 'a:1:{s:11:"message_sort";s:4:"date";}'),
  (2, 'jane@example.net', 'mail-old.example.org', '2022-02-14 09:15:00', '2025-06-02 19:05:00', 'de_DE', NULL);
INSERT INTO identities (user_id, changed, standard, name, organization, email, signature) VALUES
  (1, '2021-10-03 12:00:00', 1, 'John Doe', 'Example Org', 'john@example.org', '-- \nJohn'),
  (1, '2023-05-05 15:00:00', 0, 'Jack', '', 'jack@example.org', ''),
  (2, '2022-02-14 09:15:00', 1, 'Jäne Döe', '', 'jane@example.net', 'Grüße ✉');
INSERT INTO contacts (contact_id, changed, name, email, firstname, surname, vcard, words, user_id) VALUES
  (1, '2024-01-01 10:00:00', 'Zoë Müller', 'zoe@example.com', 'Zoë', 'Müller', 'BEGIN:VCARD\nVERSION:3.0\nFN:Zoë Müller\nEND:VCARD', ' zoë müller zoe example.com ', 1),
  (2, '2024-01-02 10:00:00', '山田太郎', 'taro@example.com', '太郎', '山田', NULL, ' 山田太郎 taro ', 1),
  (3, '2024-01-03 10:00:00', 'O''Neil \\ "Bob"', 'bob@example.com', 'Bob', 'O''Neil', NULL, ' bob ', 2);
INSERT INTO contactgroups (contactgroup_id, user_id, changed, name) VALUES (1, 1, '2024-01-04 10:00:00', 'Freunde');
INSERT INTO contactgroupmembers (contactgroup_id, contact_id, created) VALUES (1, 1, '2024-01-04 10:00:00');
