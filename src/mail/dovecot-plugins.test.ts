import { expect, test } from "vitest";
import { filePlugins } from "./dovecot-plugins.ts";

test.each([
  ["2.3", 'mail_plugins = " zlib quota"\nprotocol imap {\n  mail_plugins = " zlib quota imap_zlib"\n}\n'],
  ["2.4, in one line", "mail_plugins = quota mail_compress\n"],
  ["2.4, in lines", "mail_plugins {\n  mail_compress = yes\n  quota = yes\n}\n"],
])("a Dovecot of %s that packs messages is known by its plugin", (_, text) => {
  expect(filePlugins(text)).toEqual(["mail_compress"]);
});

test("so is one that encrypts them, for one protocol alone", () => {
  expect(filePlugins("protocol lmtp {\n  mail_plugins {\n    mail_crypt = yes\n  }\n}\n")).toEqual([
    "mail_crypt",
  ]);
});

test("other plugins are none of these, nor is one that is switched off", () => {
  const off = "mail_plugins {\n  mail_compress = no\n}\nplugin {\n  zlib_save = gz\n}\n";
  for (const text of ["", off, 'mail_plugins = " quota imap_zlib"\n']) expect(filePlugins(text)).toEqual([]);
});
