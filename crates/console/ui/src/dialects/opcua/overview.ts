// What the overview makes of this dialect's events.
import { readValue } from "./value.ts";

/** `72.3`, `7, uncertain: the sensor is not accurate now`, `no value: the OPC UA server is not connected`. */
export function variableLine(event: unknown): string | null {
  const reading = readValue(event);
  if (reading === null) return null;
  const { text, quality, why } = reading;
  if (text === null) return `no value: ${why}`;
  return why === null ? text : `${text}, ${quality}: ${why}`;
}

/** Server and variable of `opcua.plant.Oven%2ETemperature`; `null` when it is no such topic. */
export function namesIn(topic: string): { readonly server: string; readonly variable: string } | null {
  const [dialect, server, variable, ...more] = topic.split(".");
  if (dialect !== "opcua" || server === undefined || variable === undefined || more.length > 0) return null;
  return { server: unescaped(server), variable: unescaped(variable) };
}

function unescaped(token: string): string {
  try {
    return token === "%" ? "" : decodeURIComponent(token);
  } catch {
    return token;
  }
}
