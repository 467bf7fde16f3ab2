import { setTimeout as pause } from "node:timers/promises";
import { eitherHost, type Fault } from "../fault.ts";

/** A cable that is pulled out and put back, before anybody notices or long after. */
export const lostLink: Fault = {
  name: "a host's link down and up",
  strike: async (scene) => {
    const { role } = eitherHost(scene);
    await scene.stage.lab.hostLink(role, "down");
    await pause(scene.random.integer(1, 180) * 1000);
    await scene.stage.lab.hostLink(role, "up");
  },
};

/** Every SSH connection of a host ends at once: the controller's, and on old the data link's. */
export const endedConnections: Fault = {
  name: "a host's ssh connections cut",
  strike: async (scene) => {
    await eitherHost(scene).exec(["pkill", "-KILL", "-f", "^sshd(-session)?: root"]);
  },
};

/** The same by TCP: both ends of each get a reset (RST), as from a firewall that has forgotten its connections. */
export const resetConnections: Fault = {
  name: "a host's ssh connections reset (RST)",
  strike: async (scene) => {
    await eitherHost(scene).exec(["ss", "-K", "sport = :22 or dport = :22"]);
  },
};

/** A line of a megabit a second. */
export const slowLink: Fault = {
  name: "a host's link slow",
  strike: async (scene) => {
    const host = eitherHost(scene);
    const shape = "root tbf rate 1mbit burst 32kbit latency 400ms".split(" ");
    await host.run(["tc", "qdisc", "replace", "dev", "host0", ...shape]);
    await pause(scene.random.integer(5, 20) * 1000);
    await host.run(["tc", "qdisc", "del", "dev", "host0", "root"]);
  },
};
