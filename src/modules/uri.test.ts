import { describe, expect, test } from "vitest";
import { BadInput, type Failure } from "../contract/errors.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { type FakeWebServer, startWebServer } from "./testing/fake-web-server.ts";
import { refuses, runModule } from "./testing/run-module.ts";
import { testCertificate } from "./testing/test-certificate.ts";
import { type UriArgs, uri } from "./uri.ts";

const result = async (args: UriArgs, host?: FakeHost) => (await runModule(uri, args, host)).applied?.result;

/** Answers by the path: a status as it is, and redirections to /200. */
function start(secured = false): Promise<FakeWebServer> {
  return startWebServer(
    ({ path }, response) => {
      const status = Number(path.slice(1));
      if (status >= 300 && status < 400) response.setHeader("Location", "/200");
      if (path === "/silent") return;
      if (path === "/stuck") return void response.write("{");
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      response.writeHead(path === "/broken" ? 200 : status);
      response.end(path === "/broken" ? "{" : '{"ok":true}');
    },
    { secured },
  );
}

describe("uri", () => {
  test("registers the answer, and never counts as changed", async () => {
    const { address } = await start();
    const { applied } = await runModule(uri, { url: `${address}/200`, return_content: true });
    expect(applied?.unchanged).toBe(true);
    expect(applied?.result).toMatchObject({
      status: 200,
      url: `${address}/200`,
      msg: "200 OK",
      content_type: "application/json; charset=utf-8",
      json: { ok: true },
      content: '{"ok":true}',
    });
    expect(await result({ url: `${address}/200` })).not.toHaveProperty("content");
    expect(await result({ url: `${address}/broken` })).not.toHaveProperty("json");
  });

  test.each<[string, Partial<UriArgs>, string, string | undefined]>([
    ["a text", { body: "a b" }, "a b", undefined],
    ["values as JSON", { body: { a: [1, "b"] }, body_format: "json" }, '{"a":[1,"b"]}', "application/json"],
    ["JSON that is written already", { body: '{"a":1}', body_format: "json" }, '{"a":1}', "application/json"],
    [
      "a form",
      { body: { a: "1 &", b: ["x", "y"] }, body_format: "form-urlencoded" },
      "a=1+%26&b=x&b=y",
      "application/x-www-form-urlencoded",
    ],
  ])("sends %s", async (_what, args, body, type) => {
    const { address, seen } = await start();
    await result({ url: `${address}/200`, method: "POST", ...args });
    expect(seen[0]).toMatchObject({ method: "POST", body });
    expect(seen[0]?.headers["content-type"]).toBe(type);
  });

  test("sends headers and the login, but no login to another server", async () => {
    const other = await start();
    const first = await startWebServer((_request, response) => {
      response.writeHead(302, { Location: `${other.address}/200` }).end();
    });
    const headers = { "X-Try": 1, Cookie: "a=b" };
    await result({ url: first.address, url_username: "me", url_password: "pä:ss", headers });
    const authorization = `Basic ${Buffer.from("me:pä:ss").toString("base64")}`;
    expect(first.seen[0]?.headers).toMatchObject({ authorization, cookie: "a=b", "x-try": "1" });
    expect(other.seen[0]?.headers).toMatchObject({ "x-try": "1" });
    expect(other.seen[0]?.headers).not.toHaveProperty("authorization");
    expect(other.seen[0]?.headers).not.toHaveProperty("cookie");
  });

  test.each<[UriArgs["follow_redirects"], string, string, string[]]>([
    ["safe", "GET", "/302", ["GET /302", "GET /200"]],
    ["safe", "POST", "/302", ["POST /302"]],
    ["none", "GET", "/302", ["GET /302"]],
    ["all", "POST", "/302", ["POST /302", "GET /200"]],
    ["all", "POST", "/307", ["POST /307", "POST /200"]],
  ])("with %s follows %s %s", async (follow_redirects = "safe", method, path, expected) => {
    const { address, seen } = await start();
    const status_code = [200, 302];
    await result({ url: address + path, method, follow_redirects, status_code, body: "x" });
    expect(seen.map((request) => `${request.method} ${request.path}`)).toEqual(expected);
  });

  test("stops going round in circles", async () => {
    const { address } = await startWebServer((_request, response) => {
      response.writeHead(302, { Location: "/" }).end();
    });
    await expect(result({ url: address })).rejects.toThrow("more than 10 redirections");
  });

  test("fails for another status than it should be, and keeps the answer for until and later tasks", async () => {
    const { address } = await start();
    const failure = await result({ url: `${address}/503` }).catch((error: Failure) => error);
    expect(failure).toMatchObject({ result: { status: 503, json: { ok: true } } });
    expect((failure as Failure).message).toContain("answered 503 Service Unavailable, not 200");
    expect(await result({ url: `${address}/503`, status_code: 503 })).toMatchObject({ status: 503 });
  });

  test("tells when nothing answers", async () => {
    const { address } = await start();
    for (const path of ["silent", "stuck"]) {
      const silent = result({ url: `${address}/${path}`, timeout: 0.1 });
      await expect(silent).rejects.toThrow("nothing came for 0.1 s");
    }
    const closed = new FakeHost({ tunnel: () => ({ host: "127.0.0.1", port: 1 }) });
    await expect(result({ url: `${address}/200` }, closed)).rejects.toThrow("nothing answers there");
  });

  test("judges certificates by their authority and name", async () => {
    const { port } = await start(true);
    const host = new FakeHost({
      files: { "/etc/ca.pem": testCertificate.authority },
      tunnel: () => ({ host: "127.0.0.1", port }),
    });
    const at = (name: string, more: Partial<UriArgs> = {}) =>
      result({ url: `https://${name}/200`, ...more }, host);
    await expect(at("mail.example.org")).rejects.toThrow("certificate");
    await expect(at("mail.example.org", { ca_path: "/etc/none.pem" })).rejects.toThrow("there is no file");
    const ca_path = "/etc/ca.pem";
    for (const name of ["mail.example.org", "127.0.0.1"]) {
      expect(await at(name, { ca_path })).toMatchObject({ status: 200 });
    }
    await expect(at("other.example.org", { ca_path })).rejects.toThrow("does not match");
    expect(await at("other.example.org", { validate_certs: false })).toMatchObject({ status: 200 });
  });

  test("trusts whom the host trusts, also where http leads on to https", async () => {
    const secured = await start(true);
    const plain = await startWebServer((_request, response) => {
      response.writeHead(301, { Location: `${secured.address}/200` }).end();
    });
    const files = { "/etc/ssl/certs/ca-certificates.crt": testCertificate.authority };
    expect(await result({ url: plain.address }, new FakeHost({ files }))).toMatchObject({ status: 200 });
    await expect(result({ url: plain.address })).rejects.toThrow("certificate");
  });

  test.each([{ creates: "/made" }, { removes: "/none" }])("sends nothing with %j", async (words) => {
    const { address, seen } = await start();
    const host = new FakeHost({ files: { "/made": "" } });
    expect((await runModule(uri, { url: address, ...words }, host)).change).toBeUndefined();
    expect(seen).toEqual([]);
  });

  test("refuses a login in the address, where everybody would see it", async () => {
    await expect(result({ url: "http://me:secret@127.0.0.1/" })).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    {},
    { url: "ftp://a" },
    { url: "http://a", method: "get" },
    { url: "http://a", body_format: "form-multipart" },
    { url: "http://a", headers: { a: "b\r\nc: d" } },
    { url: "http://a", status_code: "200" },
    { url: "http://a", dest: "/a" },
  ])("its schema refuses %j", (args) => expect(refuses(uri, args)).toBeDefined());
});
