// Streams as topics: one message may be on several; the tail names one topic, the event names them all.
import { isObject } from "../../shared/json.ts";
import { escapeToken } from "../../shared/topics.ts";

export function streamTopic(stream: string): string {
  return `fme.${escapeToken(stream)}`;
}

export function streamsOf(event: unknown): readonly string[] {
  if (!isObject(event)) return [];
  const streams = Array.isArray(event["streams"]) ? event["streams"] : [event["stream"]];
  return streams.filter((one): one is string => typeof one === "string");
}

export function fmeTopics(topic: string, event: unknown): readonly string[] {
  return [...new Set([topic, ...streamsOf(event).map(streamTopic)])];
}

/** The message alone: what streams it is on stands beside it as topics. */
export function fmeLine(event: unknown): string | null {
  if (!isObject(event) || event["message"] === undefined) return null;
  const { message } = event;
  return typeof message === "string" ? message : JSON.stringify(message);
}
