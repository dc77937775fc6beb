// A part of the plant of `plant.json` as an OPC UA server, made with the C library open62541: a third implementation beside
// `asyncua_server.py` and `node_server.mjs`; read there what options, nodes, commands and answers are.
//
//     server [--port N] [--load N] [--swap] --pki DIR [--limit NAME=NUMBER]…
//
// It has Counter, Place, Load.N, Odd.ReadOnly, Odd.Bad, History.Ramp and History.None, and beside them Long.N and Image as
// `quirk_server.py` does. DIR is not used: nothing here is secured. Every limit of the library is a `--limit`, and a quirk
// that can be switched while it runs, see LIMITS; 0 and null mean what the library means by itself. It reads commands with
// texts and numbers in them only, without escapes.

#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_SESSIONS = 64, RAMP = 2500, PAGE = 1000, LONG = 40 };

static UA_Server *server;
static UA_UInt16 plant, spare;
static UA_Boolean runs = true;
static UA_NodeId sessions[MOST_SESSIONS];
static size_t sessions_now, sessions_most, subscriptions, items, reads, writes, histories, creates;
static UA_HistoryDataBackend history;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void must(UA_StatusCode status) {
  if (status != UA_STATUSCODE_GOOD) fail(UA_StatusCode_name(status));
}

// ---- Limits

static void limit_u32(void *place, double number) { *(UA_UInt32 *)place = (UA_UInt32)number; }
static void limit_u16(void *place, double number) { *(UA_UInt16 *)place = (UA_UInt16)number; }
static void limit_double(void *place, double number) { *(UA_Double *)place = number; }

#define LIMIT(name, kind, member) {name, offsetof(UA_ServerConfig, member), limit_##kind, -1}

// Names are those of `quirk_server.py` where that has the quirk too.
static struct {
  const char *name;
  size_t place;
  void (*set)(void *, double);
  double usual;
} LIMITS[] = {
    LIMIT("read", u32, maxNodesPerRead),
    LIMIT("write", u32, maxNodesPerWrite),
    LIMIT("browse", u32, maxNodesPerBrowse),
    LIMIT("call", u32, maxNodesPerMethodCall),
    LIMIT("translate", u32, maxNodesPerTranslateBrowsePathsToNodeIds),
    LIMIT("items", u32, maxMonitoredItemsPerCall),
    LIMIT("subscription_items", u32, maxMonitoredItemsPerSubscription),
    LIMIT("all_items", u32, maxMonitoredItems),
    LIMIT("subscriptions", u32, maxSubscriptionsPerSession),
    LIMIT("all_subscriptions", u32, maxSubscriptions),
    LIMIT("sessions", u16, maxSessions),
    LIMIT("channels", u16, maxSecureChannels),
    LIMIT("session_time", double, maxSessionTimeout),
    LIMIT("token_time", u32, maxSecurityTokenLifetime),
    LIMIT("buffer", u32, tcpBufSize),
    LIMIT("message", u32, tcpMaxMsgSize),
    LIMIT("chunks", u32, tcpMaxChunks),
    LIMIT("notifications", u32, maxNotificationsPerPublish),
    LIMIT("kept_reports", u32, maxRetransmissionQueueSize),
    LIMIT("publishes", u32, maxPublishReqPerSession),
    LIMIT("publishing", double, publishingIntervalLimits.min),
    LIMIT("sampling", double, samplingIntervalLimits.min),
    LIMIT("queue", u32, queueSizeLimits.max),
    LIMIT("keep_alives", u32, keepAliveCountLimits.max),
    LIMIT("lifetime", u32, lifeTimeCountLimits.max),
    LIMIT("history", u32, maxReturnDataValues),
};
enum { LIMIT_COUNT = sizeof LIMITS / sizeof *LIMITS };

// The library's own numbers, to come back to.
static void remember_limits(UA_ServerConfig *config) {
  for (size_t i = 0; i < LIMIT_COUNT; i++) {
    void *place = (char *)config + LIMITS[i].place;
    if (LIMITS[i].set == limit_u32) LIMITS[i].usual = *(UA_UInt32 *)place;
    if (LIMITS[i].set == limit_u16) LIMITS[i].usual = *(UA_UInt16 *)place;
    if (LIMITS[i].set == limit_double) LIMITS[i].usual = *(UA_Double *)place;
  }
}

static UA_Boolean limit(UA_ServerConfig *config, const char *name, double number) {
  for (size_t i = 0; i < LIMIT_COUNT; i++) {
    if (strcmp(LIMITS[i].name, name)) continue;
    LIMITS[i].set((char *)config + LIMITS[i].place, number > 0 ? number : LIMITS[i].usual);
    return true;
  }
  return false;
}

// ---- What goes on

static const UA_NodeId *told(const UA_KeyValueMap payload, char *name) {
  return (const UA_NodeId *)UA_KeyValueMap_getScalar(&payload, UA_QUALIFIEDNAME(0, name), &UA_TYPES[UA_TYPES_NODEID]);
}

static void count_sessions(UA_Server *s, UA_ApplicationNotificationType type, const UA_KeyValueMap payload) {
  (void)s;
  const UA_NodeId *id = told(payload, "session-id");
  if (!id) return;
  if (type == UA_APPLICATIONNOTIFICATIONTYPE_SESSION_CREATED && sessions_now < MOST_SESSIONS) {
    must(UA_NodeId_copy(id, &sessions[sessions_now++]));
    if (sessions_now > sessions_most) sessions_most = sessions_now;
  } else if (type == UA_APPLICATIONNOTIFICATIONTYPE_SESSION_CLOSED) {
    for (size_t i = 0; i < sessions_now; i++) {
      if (!UA_NodeId_equal(&sessions[i], id)) continue;
      UA_NodeId_clear(&sessions[i]);
      sessions[i] = sessions[--sessions_now];
      break;
    }
  }
}

static void count_subscriptions(UA_Server *s, UA_ApplicationNotificationType type, const UA_KeyValueMap payload) {
  (void)s, (void)payload;
  subscriptions += type == UA_APPLICATIONNOTIFICATIONTYPE_SUBSCRIPTION_CREATED;
  subscriptions -= type == UA_APPLICATIONNOTIFICATIONTYPE_SUBSCRIPTION_DELETED;
}

// A subscription that ends takes its items along without a notification of each.
static void count_items(UA_Server *s, const UA_NodeId *session, void *session_context, const UA_NodeId *id, void *context,
                        UA_UInt32 attribute, UA_Boolean removed) {
  (void)s, (void)session, (void)session_context, (void)id, (void)context, (void)attribute;
  items += removed ? (size_t)-1 : 1;
}

static void count_services(UA_Server *s, UA_ApplicationNotificationType type, const UA_KeyValueMap payload) {
  (void)s;
  const UA_NodeId *id = told(payload, "service-type");
  if (!id || type != UA_APPLICATIONNOTIFICATIONTYPE_SERVICE_BEGIN) return;
  reads += UA_NodeId_equal(id, &UA_TYPES[UA_TYPES_READREQUEST].typeId);
  writes += UA_NodeId_equal(id, &UA_TYPES[UA_TYPES_WRITEREQUEST].typeId);
  histories += UA_NodeId_equal(id, &UA_TYPES[UA_TYPES_HISTORYREADREQUEST].typeId);
  creates += UA_NodeId_equal(id, &UA_TYPES[UA_TYPES_CREATEMONITOREDITEMSREQUEST].typeId);
}

// ---- Nodes

static UA_NodeId node(char *name) { return UA_NODEID_STRING(plant, name); }

static void add(UA_UInt16 space, char *name, const void *first, int type, UA_Byte access) {
  UA_VariableAttributes attributes = UA_VariableAttributes_default;
  UA_Variant_setScalar(&attributes.value, (void *)(uintptr_t)first, &UA_TYPES[type]);
  attributes.dataType = UA_TYPES[type].typeId;
  attributes.valueRank = UA_VALUERANK_SCALAR;
  attributes.accessLevel = access;
  attributes.displayName = UA_LOCALIZEDTEXT("", name);
  attributes.historizing = (access & UA_ACCESSLEVELMASK_HISTORYREAD) != 0;
  must(UA_Server_addVariableNode(server, UA_NODEID_STRING(space, name), UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER),
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), UA_QUALIFIEDNAME(space, name),
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE), attributes, NULL, NULL));
}

static void add_ramp(UA_HistoryDataGathering gathering) {
  const UA_Byte both = UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_WRITE;
  UA_Double zero = 0;
  add(plant, "History.Ramp", &zero, UA_TYPES_DOUBLE, both | UA_ACCESSLEVELMASK_HISTORYREAD);
  UA_NodeId ramp = node("History.Ramp");
  UA_HistorizingNodeIdSettings settings = {
      .historizingBackend = history,
      .maxHistoryDataResponseSize = PAGE,
      .historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_USER,
  };
  must(gathering.registerNodeId(server, gathering.context, &ramp, settings));
  UA_DateTime start = UA_DateTime_fromStruct((UA_DateTimeStruct){.year = 2020, .month = 1, .day = 1});
  for (int number = 0; number < RAMP; number++) {
    UA_Double value = number;
    UA_DataValue kept;
    UA_DataValue_init(&kept);
    UA_Variant_setScalar(&kept.value, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
    kept.sourceTimestamp = kept.serverTimestamp = start + number * UA_DATETIME_SEC;
    kept.hasValue = kept.hasSourceTimestamp = kept.hasServerTimestamp = true;
    kept.hasStatus = number % 100 == 99;
    kept.status = kept.hasStatus ? UA_STATUSCODE_BADSENSORFAILURE : UA_STATUSCODE_GOOD;
    must(history.serverSetHistoryData(server, history.context, NULL, NULL, &ramp, true, &kept));
  }
}

static void build(int load, UA_HistoryDataGathering gathering) {
  const UA_Byte read = UA_ACCESSLEVELMASK_READ, both = read | UA_ACCESSLEVELMASK_WRITE;
  UA_Int32 zero = 0, one = 1;
  UA_Double nothing = 0;
  UA_String here = UA_STRING("plant"), there = UA_STRING("spare");
  UA_ByteString image = UA_BYTESTRING_NULL;
  char name[32], text[4096];
  memset(text, 'x', sizeof text);
  UA_String longer = {sizeof text, (UA_Byte *)text};
  add(plant, "Counter", &zero, UA_TYPES_INT32, both);
  add(plant, "Place", &here, UA_TYPES_STRING, both);
  add(spare, "Place", &there, UA_TYPES_STRING, both);
  add(plant, "Odd.ReadOnly", &one, UA_TYPES_INT32, read);
  add(plant, "Odd.Bad", &one, UA_TYPES_INT32, both);
  UA_DataValue bad;
  UA_DataValue_init(&bad);
  UA_Variant_setScalar(&bad.value, &one, &UA_TYPES[UA_TYPES_INT32]);
  bad.hasValue = bad.hasStatus = true;
  bad.status = UA_STATUSCODE_BADSENSORFAILURE;
  must(UA_Server_writeDataValue(server, node("Odd.Bad"), bad));
  add(plant, "History.None", &nothing, UA_TYPES_DOUBLE, both);
  add(plant, "Image", &image, UA_TYPES_BYTESTRING, both);
  for (int i = 0; i < load; i++) {
    snprintf(name, sizeof name, "Load.%d", i);
    add(plant, name, &zero, UA_TYPES_INT32, both);
  }
  for (int i = 0; i < LONG; i++) {
    snprintf(name, sizeof name, "Long.%d", i);
    add(plant, name, &longer, UA_TYPES_STRING, both);
  }
  add_ramp(gathering);
}

// ---- Commands

// The text or number behind "key": in a line without escapes.
static UA_Boolean member(const char *line, const char *key, char *out, size_t room) {
  char quoted[40];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *at = strstr(line, quoted);
  if (!at) return false;
  at += strlen(quoted);
  at += strspn(at, " ");
  const char *ends = *at == '"' ? "\"" : ",} \n";
  at += *at == '"';
  snprintf(out, room, "%.*s", (int)strcspn(at, ends), at);
  return true;
}

static const char *get(char *name) {
  static char answer[256];
  UA_ReadValueId asked = {.nodeId = node(name), .attributeId = UA_ATTRIBUTEID_VALUE};
  UA_DataValue found = UA_Server_read(server, &asked, UA_TIMESTAMPSTORETURN_NEITHER);
  const UA_Variant *value = &found.value;
  char body[160] = "null";
  if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_INT32]))
    snprintf(body, sizeof body, "\"%d\"", *(UA_Int32 *)value->data);
  else if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_DOUBLE]))
    snprintf(body, sizeof body, "\"%g\"", *(UA_Double *)value->data);
  else if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_STRING]))
    snprintf(body, sizeof body, "\"%.*s\"", (int)((UA_String *)value->data)->length, ((UA_String *)value->data)->data);
  unsigned type = value->type ? (unsigned)value->type->typeId.identifier.numeric : 0;
  snprintf(answer, sizeof answer, "{\"Type\": %u, \"Body\": %s, \"Status\": %u}", type, body, found.hasStatus ? found.status : 0);
  UA_DataValue_clear(&found);
  return answer;
}

static const char *set(char *name, char *body) {
  UA_Variant before, value;
  UA_StatusCode status = UA_Server_readValue(server, node(name), &before);
  if (status != UA_STATUSCODE_GOOD) return NULL;
  UA_Int32 whole = atoi(body);
  UA_Double number = atof(body);
  UA_String text = UA_STRING(body);
  if (before.type == &UA_TYPES[UA_TYPES_INT32]) UA_Variant_setScalar(&value, &whole, before.type);
  else if (before.type == &UA_TYPES[UA_TYPES_DOUBLE]) UA_Variant_setScalar(&value, &number, before.type);
  else UA_Variant_setScalar(&value, &text, &UA_TYPES[UA_TYPES_STRING]);
  status = UA_Server_writeValue(server, node(name), value);
  UA_Variant_clear(&before);
  return status == UA_STATUSCODE_GOOD ? "{}" : NULL;
}

static const char *fill(double size) {
  UA_ByteString bytes;
  must(UA_ByteString_allocBuffer(&bytes, (size_t)size));
  memset(bytes.data, 7, bytes.length);
  UA_Variant value;
  UA_Variant_setScalar(&value, &bytes, &UA_TYPES[UA_TYPES_BYTESTRING]);
  must(UA_Server_writeValue(server, node("Image"), value));
  UA_ByteString_clear(&bytes);
  return "{}";
}

static const char *stats(void) {
  static char answer[400];
  snprintf(answer, sizeof answer,
           "{\"sessions\": %zu, \"most_sessions\": %zu, \"subscriptions\": %zu, \"items\": %zu, \"requests\": {\"Read\": %zu, "
           "\"Write\": %zu, \"HistoryRead\": %zu, \"CreateMonitoredItems\": %zu}}",
           sessions_now, sessions_most, subscriptions, items, reads, writes, histories, creates);
  sessions_most = sessions_now;
  return answer;
}

static const char *command(const char *line) {
  char what[16] = "", name[64] = "", body[256] = "";
  member(line, "do", what, sizeof what);
  if (!strcmp(what, "stats")) return stats();
  if (!strcmp(what, "get") && member(line, "node", name, sizeof name)) return get(name);
  if (!strcmp(what, "set") && member(line, "node", name, sizeof name) && member(line, "body", body, sizeof body))
    return set(name, body);
  if (!strcmp(what, "fill") && member(line, "size", body, sizeof body)) return fill(atof(body));
  if (!strcmp(what, "quirk") && member(line, "name", name, sizeof name) && member(line, "value", body, sizeof body))
    return limit(UA_Server_getConfig(server), name, atof(body)) ? "{}" : NULL;
  if (!strcmp(what, "forget")) {
    while (sessions_now) must(UA_Server_closeSession(server, &sessions[0]));
    return "{}";
  }
  return NULL;
}

// Carries out what has come on standard input; its end is ours.
static void listen_to_input(UA_Server *s, void *data) {
  (void)s, (void)data;
  static char line[4096];
  static size_t have;
  ssize_t count = read(STDIN_FILENO, line + have, sizeof line - 1 - have);
  if (count == 0) runs = false;
  if (count <= 0) return;
  have += (size_t)count;
  line[have] = 0;
  for (char *end; (end = strchr(line, '\n'));) {
    *end = 0;
    const char *answer = command(line);
    printf("ANSWER %s\n", answer ? answer : "{\"error\": \"this server does not do that\"}");
    fflush(stdout);
    have -= (size_t)(end + 1 - line);
    memmove(line, end + 1, have + 1);
  }
  if (have == sizeof line - 1) fail("a command is too long");
}

// ---- The program

static UA_UInt16 free_port(void) {
  int probe = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(probe, (struct sockaddr *)&address, size) || getsockname(probe, (struct sockaddr *)&address, &size))
    fail("no free port");
  close(probe);
  return ntohs(address.sin_port);
}

int main(int count, char **arguments) {
  UA_UInt16 port = 0;
  int load = 10;
  UA_Boolean swap = false;
  for (int i = 1; i < count; i++) {
    UA_Boolean more = i + 1 < count;
    if (!strcmp(arguments[i], "--port") && more) port = (UA_UInt16)atoi(arguments[++i]);
    else if (!strcmp(arguments[i], "--load") && more) load = atoi(arguments[++i]);
    else if ((!strcmp(arguments[i], "--pki") || !strcmp(arguments[i], "--limit")) && more) i++;
    else if (!strcmp(arguments[i], "--swap")) swap = true;
    else fail(arguments[i]);
  }
  if (!port) port = free_port();
  UA_ServerConfig config;
  memset(&config, 0, sizeof config);
  config.logging = UA_Log_Stdout_new(UA_LOGLEVEL_FATAL);
  must(UA_ServerConfig_setMinimal(&config, port, NULL));
  config.publishingIntervalLimits.min = config.samplingIntervalLimits.min = 5;
  config.sessionNotificationCallback = count_sessions;
  config.subscriptionNotificationCallback = count_subscriptions;
  config.monitoredItemRegisterCallback = count_items;
  config.serviceNotificationCallback = count_services;
  UA_HistoryDataGathering gathering = UA_HistoryDataGathering_Default(1);
  history = UA_HistoryDataBackend_Memory(1, RAMP);
  config.historyDatabase = UA_HistoryDatabase_default(gathering);
  config.accessHistoryDataCapability = config.historizingEnabled = true;
  remember_limits(&config);
  for (int i = 1; i + 1 < count; i++) {
    char *equals = strcmp(arguments[i], "--limit") ? NULL : strchr(arguments[i + 1], '=');
    if (!equals) continue;
    *equals = 0;
    if (!limit(&config, arguments[i + 1], atof(equals + 1))) fail("no such limit");
  }
  server = UA_Server_newWithConfig(&config);
  if (!server) fail("no server");
  char *names[] = {"urn:tieline:test:plant", "urn:tieline:test:spare"};
  UA_UInt16 first = UA_Server_addNamespace(server, names[swap]), second = UA_Server_addNamespace(server, names[!swap]);
  plant = swap ? second : first;
  spare = swap ? first : second;
  build(load, gathering);
  must(UA_Server_run_startup(server));
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  must(UA_Server_addRepeatedCallback(server, listen_to_input, NULL, 10, NULL));
  printf("READY {\"port\": %u}\n", port);
  fflush(stdout);
  while (runs) UA_Server_run_iterate(server, true);
  return 0;
}
