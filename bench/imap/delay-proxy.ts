import { connect, createServer, type Socket } from "node:net";

/**
 * A slow line to one port: what comes in at either end goes out at the other so many milliseconds later. Bandwidth is not
 * limited. Words: the port to listen on, the address and port to go on to, the milliseconds.
 */
const [listen = "", address = "", port = "", delay = ""] = process.argv.slice(2);

createServer((near) => {
  const far = connect({ host: address, port: Number(port) });
  pass(near, far);
  pass(far, near);
}).listen(Number(listen), "127.0.0.1", () => console.log("ready"));

function pass(from: Socket, to: Socket): void {
  to.setNoDelay(true);
  from.on("data", (chunk) => setTimeout(() => to.write(chunk), Number(delay)));
  from.on("close", () => setTimeout(() => to.destroy(), Number(delay)));
  from.on("error", () => to.destroy());
}
