// Sizes, times and measured numbers as people read them.
import { clockTime, count, duration } from "../../shared/format.ts";

const UNITS = ["bytes", "KiB", "MiB", "GiB"] as const;

/** `512 bytes`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10));
  if (step === 0) return bytes === 1 ? "1 byte" : `${count(bytes)} bytes`;
  const value = bytes / 1024 ** step;
  return `${value < 100 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[step]}`;
}

/** `12 ms`, `1.4 s`, `2 min 05 s`. */
export function tookText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}

/** The day only when it is not this one. */
export function dayAndTime(at: number): string {
  const [day, today] = [new Date(at), new Date()].map((one) => `${one.getFullYear()}-${String(one.getMonth() + 1).padStart(2, "0")}-${String(one.getDate()).padStart(2, "0")}`);
  return day === today ? clockTime(at) : `${day} ${clockTime(at)}`;
}

/** A number without the noise of its binary digits. */
export function exactText(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** A number for a column: three decimals, or as many digits as a very small or large one needs. */
export function columnText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e7)) return value.toExponential(3);
  return value.toFixed(3);
}

/** `12 images`, `1 image`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** `25 mm` for 25.0. */
export function millimetres(value: number): string {
  return `${exactText(value)} mm`;
}
