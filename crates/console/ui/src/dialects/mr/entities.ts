// What a gateway with `escape_html` has escaped, as the text it was: plain string work, nothing is ever read as HTML.

const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

/** The text with each of the five entities decoded, once. */
export function decoded(text: string): string {
  return text.includes("&") ? text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity) : text;
}

/** The same for all texts of a parsed JSON document, keys included. */
export function decodedAll(value: unknown): unknown {
  if (typeof value === "string") return decoded(value);
  if (Array.isArray(value)) return value.map(decodedAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [decoded(key), decodedAll(member)]));
}
