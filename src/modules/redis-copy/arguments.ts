import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, closed, port, word, yesOrNo } from "../argument-schemas.ts";

export interface RedisCopyArgs {
  readonly from: string;
  readonly database?: number;
  readonly service?: string;
  readonly port?: number;
  readonly socket?: string;
  readonly config_file?: string;
  readonly from_port?: number;
  readonly from_socket?: string;
  readonly from_config_file?: string;
  readonly replace_existing?: boolean;
  readonly allow_empty?: boolean;
  readonly save_as?: string;
}

export const redisCopyArguments: JsonSchema = closed(
  {
    from: word("The inventory's name of the host to copy from."),
    database: {
      type: "integer",
      minimum: 0,
      default: 0,
      description:
        "The database that Rspamd uses: it must hold keys on old, and what it holds on new may go.",
    },
    service: {
      ...word("The service on new that runs Redis."),
      pattern: "^[A-Za-z0-9@._:-]+$",
      default: "redis-server",
    },
    port: port("Port of Redis on new; 6379 otherwise."),
    socket: absolutePath("Socket of Redis on new, in place of a port."),
    config_file: absolutePath("Where new's `requirepass` stands; /etc/redis/redis.conf otherwise."),
    from_port: port("Port of Redis on old; 6379 otherwise."),
    from_socket: absolutePath("Socket of Redis on old, in place of a port."),
    from_config_file: absolutePath("Where old's `requirepass` stands; /etc/redis/redis.conf otherwise."),
    replace_existing: yesOrNo("Keys in other databases of new that Mailferry did not bring may go.", false),
    allow_empty: yesOrNo("Copy although `database` holds no key on old; refused otherwise.", false),
    save_as: word("Name of the run file with key counts and checksums; redis.json otherwise."),
  },
  { required: ["from"] },
);
