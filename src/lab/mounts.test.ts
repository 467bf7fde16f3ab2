import { expect, it } from "vitest";
import { hierarchies } from "./cgroup.ts";
import { parseMounts } from "./mounts.ts";

const hybrid = `22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 23 0:34 / /sys/fs/cgroup/systemd rw,relatime shared:5 - cgroup cgroup rw,xattr,name=systemd
40 23 0:35 / /sys/fs/cgroup/unified rw,relatime shared:6 - cgroup2 cgroup2 rw,nsdelegate
99 27 0:50 / /srv/with\\040space rw,relatime - overlay mailferry-lab rw,lowerdir=/a:/b
`;

it("reads mount points with odd characters, whatever optional fields stand before the dash", () => {
  const mounts = parseMounts(hybrid);
  expect(mounts.at(-1)).toEqual({
    path: "/srv/with space",
    type: "overlay",
    options: ["rw", "lowerdir=/a:/b"],
  });
  expect(mounts).toHaveLength(5);
});

it("finds the two hierarchies of a hybrid machine, and the one of a unified machine", () => {
  expect(hierarchies(hybrid)).toEqual(["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]);
  expect(hierarchies("30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")).toEqual([
    "/sys/fs/cgroup",
  ]);
});
