import { describe, expect, test } from "vitest";
import { FrameReader } from "./frame-reader.ts";

const marker = "4f1c6a:";

function collect(): { readonly sink: (bytes: Buffer) => void; readonly all: () => Buffer } {
  const parts: Buffer[] = [];
  return { sink: (bytes) => void parts.push(Buffer.from(bytes)), all: () => Buffer.concat(parts) };
}

describe("FrameReader", () => {
  test("gives any bytes through unchanged, wherever the chunks are cut", async () => {
    const body = Buffer.from([0xff, 0, 10, 13, 0xc3, 0xa9, 0x34, 0x66, 0x31, 10]);
    const whole = Buffer.concat([body, Buffer.from(`${marker}17\nrest`)]);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const reader = new FrameReader();
      const got = collect();
      const found = reader.until(marker, got.sink);
      reader.push(whole.subarray(0, cut));
      reader.push(whole.subarray(cut));
      expect(await found).toBe("17");
      expect(got.all()).toEqual(body);
    }
  });

  test("takes the bytes one by one", async () => {
    const reader = new FrameReader();
    const got = collect();
    const found = reader.until(marker, got.sink);
    for (const byte of Buffer.from(`4f1c4f1c6a4f1c6a:0\n`)) reader.push(Buffer.from([byte]));
    expect(await found).toBe("0");
    expect(got.all().toString()).toBe("4f1c4f1c6a");
  });

  test("keeps what comes behind a marker for the next search", async () => {
    const reader = new FrameReader();
    reader.push(Buffer.from(`a${marker}1\nb${marker}2\n`));
    const first = collect();
    const second = collect();
    expect(await reader.until(marker, first.sink)).toBe("1");
    expect(await reader.until(marker, second.sink)).toBe("2");
    expect([first.all().toString(), second.all().toString()]).toEqual(["a", "b"]);
  });

  test("hands output on while the marker has not come", () => {
    const reader = new FrameReader();
    const got = collect();
    void reader.until(marker, got.sink);
    reader.push(Buffer.from("so far"));
    expect(got.all().toString()).toBe("so far");
  });

  test("ends a stream whose marker is followed by no line end", async () => {
    const reader = new FrameReader();
    const found = reader.until(marker, () => {});
    reader.push(Buffer.from(`${marker}${"1".repeat(65)}`));
    expect(await found).toBeUndefined();
  });

  test("ends a stream that brings megabytes nobody asked for, and keeps no more of it", async () => {
    const reader = new FrameReader();
    const megabyte = Buffer.alloc(1024 * 1024, "y");
    let bytes = 0;
    for (let count = 0; count < 20; count += 1) reader.push(megabyte);
    const found = await reader.until(marker, (part) => {
      bytes += part.length;
    });
    expect(found).toBeUndefined();
    expect(bytes).toBe(9 * megabyte.length);
  });

  test.each(["cut short", `cut short${marker}1`, `cut short${marker.slice(0, 3)}`])(
    "tells an end without a whole marker: %j",
    async (text) => {
      const reader = new FrameReader();
      const got = collect();
      const found = reader.until(marker, got.sink);
      reader.push(Buffer.from(text));
      reader.end();
      expect(await found).toBeUndefined();
      expect(got.all().toString()).toBe(text);
      expect(await reader.until(marker, got.sink)).toBeUndefined();
    },
  );
});
