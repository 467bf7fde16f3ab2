import { eitherHost, type Fault } from "../fault.ts";

/** What runs on every host that is up, frozen or not. */
const onlySsh = { units: ["ssh"], ports: [22] };

/** A host restarts in order. */
export const reboot: Fault = {
  name: "a host rebooted",
  strike: async (scene) => scene.stage.lab.reboot(eitherHost(scene).role, onlySsh),
};

/** A host loses its power, and comes back with what was on its disk. */
export const powerCut: Fault = {
  name: "a host's power cut",
  strike: async (scene) => {
    const { role } = eitherHost(scene);
    await scene.stage.lab.powerCut(role);
    await scene.stage.lab.boot(role, onlySsh);
  },
};

/** As an upgrade of its package does. */
export const restartedSshd: Fault = {
  name: "sshd restarted",
  strike: async (scene) => {
    await eitherHost(scene).exec(["systemctl", "restart", "ssh"]);
  },
};

/** A monitoring tool or a colleague starts a service behind our back. One that is masked refuses. */
export const startedService: Fault = {
  name: "a mail service started behind our back",
  strike: async (scene) => {
    const restart = scene.random.pick(scene.playbook.restarts.services);
    await eitherHost(scene).exec(restart);
  },
};

/** The same for what the mail services lean on. */
export const restartedStore: Fault = {
  name: "a database restarted",
  strike: async (scene) => {
    const restart = scene.random.pick(scene.playbook.restarts.stores);
    await eitherHost(scene).exec(restart);
  },
};

/** What copies is killed, by the kernel for want of memory or by somebody who thinks it hangs. */
export const killedCopy: Fault = {
  name: "rsync, dump or import killed",
  strike: async (scene) => {
    const host = eitherHost(scene);
    await host.exec([
      "pkill",
      "-KILL",
      "-x",
      "rsync|tar|find|sort|mysqldump|mariadb-dump|mysql|mariadb|doveadm",
    ]);
  },
};
