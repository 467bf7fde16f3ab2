import { changingModule } from "../../contract/module.ts";
import { applyRedisCopy } from "./apply.ts";
import { type RedisCopyArgs, redisCopyArguments } from "./arguments.ts";
import { planRedisCopy, type RedisChange } from "./plan.ts";

/** Copies all that old's Redis holds to this host's. */
export const redisCopy = changingModule<RedisCopyArgs, RedisChange>({
  name: "redis_copy",
  description:
    "Copies all databases of another host's Redis: saved there, carried over a data link, loaded and compared in a Redis of its own, then put in the place of this host's data while its Redis is stopped. An append-only file on this host is replaced too. Refused once new was opened, and over other databases that Mailferry did not bring.",
  preview: "exact",
  args: redisCopyArguments,
  check: planRedisCopy,
  // It asks the latches itself.
  touches: () => [],
  apply: applyRedisCopy,
});
