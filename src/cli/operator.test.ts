import { chownSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../contract/testing/temporary-directory.ts";
import { describeHolder, lockStateDirectory, stateDirectoryHolder } from "../engine/lock.ts";
import { describeOperator } from "./operator.ts";

// As in a container that is run with any number.
test.runIf(process.geteuid?.() === 0)(
  "a user without an entry in the passwd file locks a state directory",
  () => {
    const path = temporaryDirectory();
    const nameless = 1_999_999_999;
    chownSync(path, nameless, nameless);
    process.seteuid?.(nameless);
    try {
      const holder = describeHolder(describeOperator({}), "example", new Date());
      const release = lockStateDirectory(path, holder, false);
      expect(stateDirectoryHolder(path)).toMatchObject({ user: "unknown", uid: nameless, pid: process.pid });
      release();
    } finally {
      process.seteuid?.(0);
    }
  },
);
