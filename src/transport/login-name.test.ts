import { expect, test } from "vitest";
import { loginName } from "./login-name.ts";

test.runIf(process.geteuid?.() === 0)("a uid without an entry in the passwd file has no name", () => {
  expect(loginName()).toBe("root");
  process.seteuid?.(1_999_999_999);
  try {
    expect(loginName()).toBeUndefined();
  } finally {
    process.seteuid?.(0);
  }
});
