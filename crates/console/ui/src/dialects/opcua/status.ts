// Status codes of OPC UA in people's words: by name, as answers have them, or by number, as values have them.

export type Quality = "good" | "uncertain" | "bad";

/** The upper half of a code and its name (OPC UA part 6, annex A.2): those that values and answers have. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0030, "GoodClamped"],
  [0x0096, "GoodLocalOverride"],
  [0x408f, "UncertainNoCommunicationLastUsableValue"],
  [0x4090, "UncertainLastUsableValue"],
  [0x4091, "UncertainSubstituteValue"],
  [0x4092, "UncertainInitialValue"],
  [0x4093, "UncertainSensorNotAccurate"],
  [0x4094, "UncertainEngineeringUnitsExceeded"],
  [0x4095, "UncertainSubNormal"],
  [0x40a4, "UncertainDataSubNormal"],
  [0x4209, "UncertainSimulatedValue"],
  [0x8001, "BadUnexpectedError"],
  [0x8002, "BadInternalError"],
  [0x8003, "BadOutOfMemory"],
  [0x8004, "BadResourceUnavailable"],
  [0x8005, "BadCommunicationError"],
  [0x800a, "BadTimeout"],
  [0x800c, "BadShutdown"],
  [0x800e, "BadServerHalted"],
  [0x801f, "BadUserAccessDenied"],
  [0x8031, "BadNoCommunication"],
  [0x8032, "BadWaitingForInitialData"],
  [0x8033, "BadNodeIdInvalid"],
  [0x8034, "BadNodeIdUnknown"],
  [0x8035, "BadAttributeIdInvalid"],
  [0x803a, "BadNotReadable"],
  [0x803c, "BadOutOfRange"],
  [0x803d, "BadNotSupported"],
  [0x8089, "BadConfigurationError"],
  [0x808a, "BadNotConnected"],
  [0x808b, "BadDeviceFailure"],
  [0x808c, "BadSensorFailure"],
  [0x808d, "BadOutOfService"],
  [0x809b, "BadNoData"],
  [0x809d, "BadDataLost"],
  [0x809e, "BadDataUnavailable"],
  [0x80af, "BadInvalidState"],
]);

/** Where the name alone would leave people alone. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["BadNotConnected", "the OPC UA server is not connected"],
  ["BadSessionClosed", "the connection to the OPC UA server was lost meanwhile"],
  ["BadTimeout", "the OPC UA server did not answer in time"],
  ["BadNodeIdUnknown", "the variable is not known"],
  ["BadNodeIdInvalid", "the server does not have the variable's namespace"],
  ["BadUserAccessDenied", "it is not permitted"],
  ["BadNotWritable", "it cannot be written"],
  ["BadNotReadable", "it cannot be read"],
  ["BadOutOfRange", "the value is out of range"],
  ["BadTypeMismatch", "the server wants another type of value"],
  ["BadAttributeIdInvalid", "the value cannot be read as the variable's type"],
  ["BadWaitingForInitialData", "waiting for the first value"],
  ["BadTooManyMonitoredItems", "too many variables are watched on this connection"],
  ["BadTooManyOperations", "too much was asked at once"],
  ["BadInternalError", "something went wrong, and the server does not say what"],
  ["BadHistoryOperationUnsupported", "the server keeps none"],
  ["BadNoData", "there are no data"],
  ["BadSensorFailure", "the sensor has failed"],
  ["BadDeviceFailure", "the device has failed"],
  ["BadOutOfService", "it is out of service"],
  ["BadNoCommunication", "the server does not reach the device"],
  ["UncertainSensorNotAccurate", "the sensor is not accurate now"],
  ["UncertainLastUsableValue", "the last value that was usable"],
  ["UncertainNoCommunicationLastUsableValue", "the last value before the device went silent"],
  ["UncertainSubNormal", "fewer good sources than needed"],
]);

/** The quality in a code's two highest bits. */
export function qualityOf(code: number): Quality {
  return (["good", "uncertain", "bad", "bad"] as const)[(code >>> 30) & 3] ?? "bad";
}

/** `the sensor has failed`, `invalid state`, `code 0x80FF0000`. */
export function codeWords(code: number): string {
  const name = NAMES.get((code >>> 16) & 0xffff);
  return name === undefined ? `code 0x${(code >>> 0).toString(16).toUpperCase().padStart(8, "0")}` : nameWords(name);
}

/** The same for a symbolic name, known or not. */
export function nameWords(name: string): string {
  const known = WORDS.get(name);
  if (known !== undefined) return known;
  const words = name.replace(/^(?:Good|Uncertain|Bad)(?=[A-Z])/, "").replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return words.toLowerCase() || "no reason given";
}
