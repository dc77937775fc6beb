// Topic filters as the gateway reads them: tokens joined by dots, `*` for one token, a final `>` for one or more.

/** Why a text is not a filter, in a sentence for people; `null` when it is one. */
export function filterProblem(text: string): string | null {
  const tokens = text.split(".");
  if (tokens.some((token) => token === "")) return "A topic has no empty part: write its parts with single dots between them.";
  if (/[\s\u0000-\u001f\u007f]/u.test(text)) return "A topic has no blanks: write %20 for a blank in a name.";
  if (tokens.some((token) => token !== "%" && /%(?![0-9a-fA-F]{2})/u.test(token))) return "After % come two hexadecimal digits: %25 is the character itself.";
  if (tokens.slice(0, -1).includes(">")) return "> stands for the rest of a topic and can only come last.";
  return null;
}

/** Whether `filter` covers `topic`; also right when `topic` is itself a filter that is no wider. */
export function filterCovers(filter: string, topic: string): boolean {
  const have = topic.split(".");
  const want = filter.split(".");
  for (const [index, token] of want.entries()) {
    const given = have[index];
    if (given === undefined) return false;
    if (token === ">") return true;
    if (given === ">" || (token !== "*" && token !== given)) return false;
  }
  return want.length === have.length;
}

/** The fewest of these filters that together cover the same topics, in a stable order. */
export function narrowest(filters: readonly string[]): string[] {
  const unique = [...new Set(filters)].sort();
  return unique.filter((one) => !unique.some((other) => other !== one && filterCovers(other, one)));
}

/** A raw text as one token of a topic. */
export function escapeToken(raw: string): string {
  if (raw === "") return "%";
  return raw.replace(/[.*>%\s\u0000-\u001f\u007f-\u009f]/gu, (special) =>
    [...new TextEncoder().encode(special)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
