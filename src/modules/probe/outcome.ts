import type { Look } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { sleep } from "../sleep.ts";
import { type Service, ServiceError } from "./service-socket.ts";

/**
 * Runs a probe. A service that can't be used is a failure of the task, or with `required: false` a result whose
 * `error` says why and whose other words are those of `unusable`.
 */
export async function probing(
  host: HostReader,
  service: Service,
  required: boolean | undefined,
  unusable: JsonObject,
  probe: () => Promise<JsonObject>,
): Promise<Look> {
  try {
    return { result: { ...unusable, reachable: true, error: null, ...(await probe()) } };
  } catch (error) {
    if (service.taskSignal.aborted) await sleep(0, service.taskSignal); // Throws what ended the task.
    if (!(error instanceof ServiceError)) throw error;
    if (required === false)
      return { result: { ...unusable, reachable: error.isReached, error: error.message } };
    throw failedProbe(host, service, error.message, error);
  }
}

/** The failure of a probe, with the service's place in its words. */
export function failedProbe(
  host: HostReader,
  { address, port }: Service,
  message: string,
  cause?: unknown,
): Failure {
  return new Failure("task-failed", `${address}:${port}, from ${host.name}: ${message}`, {
    host: host.name,
    next: "Look whether the service runs and listens there, and into its log.",
    cause,
  });
}
