//! JSON access to OPC UA variables as a dialect: web clients list, read, write and watch variables by name.
