#include <nlohmann/json.hpp>
#include <rk/error.hpp>
#include <rk/protocol/message.hpp>

namespace rk::protocol {
namespace {

using nlohmann::json;

/// Messages are flat: anything deeper is hostile.
constexpr int max_depth = 8;

json parse_object(std::string_view text, const char* what) {
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    if (depth > max_depth) throw incompatible("message nested too deeply");
    return true;
  };
  json document = json::parse(text, shallow, /*allow_exceptions=*/false);
  if (!document.is_object()) throw incompatible(std::string(what) + ": not a JSON object");
  return document;
}

template <class T>
T field(const json& object, const char* name) {
  const auto found = object.find(name);
  const auto wrong = [&] { return incompatible(std::string("message field '") + name + "' is missing or mistyped"); };
  if (found == object.end()) throw wrong();
  if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) throw wrong();
  } else if constexpr (std::is_unsigned_v<T>) {
    if (!found->is_number_unsigned()) throw wrong();
  } else if constexpr (std::is_integral_v<T>) {
    if (!found->is_number_integer()) throw wrong();
  } else {
    if (!found->is_string()) throw wrong();
  }
  return found->get<T>();
}

const json& list(const json& object, const char* name, std::size_t most) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array() || found->size() > most) {
    throw incompatible(std::string("message field '") + name + "' is no list of at most " +
                       std::to_string(most));
  }
  return *found;
}

/// Text of foreign origin may hold bytes that are no UTF-8: they are replaced, never thrown over.
std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

reply_code parse_code(const std::string& text) {
  for (const auto code : {reply_code::ok, reply_code::invalid_argument, reply_code::not_found,
                          reply_code::timeout, reply_code::incompatible, reply_code::failed}) {
    if (text == to_string(code)) return code;
  }
  throw incompatible("message field 'code' is unknown: '" + text + "'");
}

}  // namespace

std::string_view to_string(reply_code code) noexcept {
  switch (code) {
    case reply_code::ok:
      return "ok";
    case reply_code::invalid_argument:
      return "invalid_argument";
    case reply_code::not_found:
      return "not_found";
    case reply_code::timeout:
      return "timeout";
    case reply_code::incompatible:
      return "incompatible";
    case reply_code::failed:
      return "failed";
  }
  return "unknown";
}

std::string to_text(const hello_reply& m) {
  json segments = json::array();
  for (const auto id : m.segments) segments.push_back(static_cast<std::uint32_t>(id));
  return dump({{"session", m.session}, {"pid", m.pid}, {"rk_version", m.rk_version}, {"segments", segments}});
}

hello_reply parse_hello_reply(std::string_view text) {
  const json object = parse_object(text, "hello");
  hello_reply m{field<std::string>(object, "session"), field<std::uint64_t>(object, "pid"),
                field<std::string>(object, "rk_version"), {}};
  for (const json& id : list(object, "segments", 4096)) {
    if (!id.is_number_unsigned()) throw incompatible("message field 'segments' holds no number");
    m.segments.push_back(static_cast<model::segment_id>(id.get<std::uint32_t>()));
  }
  return m;
}

std::string to_text(const read_request& m) {
  json ranges = json::array();
  for (const read_range& r : m.ranges) {
    ranges.push_back({static_cast<std::uint32_t>(r.symbol), r.offset, r.bytes});
  }
  return dump({{"ranges", ranges}});
}

read_request parse_read_request(std::string_view text) {
  const json object = parse_object(text, "read");
  read_request m;
  for (const json& r : list(object, "ranges", 4096)) {
    const bool good = r.is_array() && r.size() == 3 && r[0].is_number_unsigned() &&
                      r[1].is_number_unsigned() && r[2].is_number_unsigned();
    if (!good) throw incompatible("message field 'ranges' holds no [symbol, offset, bytes]");
    m.ranges.push_back({static_cast<model::symbol_id>(r[0].get<std::uint32_t>()),
                        r[1].get<std::uint64_t>(), r[2].get<std::uint64_t>()});
  }
  return m;
}

std::string to_text(const read_reply& m) {
  return dump({{"consistency", m.consistency}, {"read_unix_ns", m.read_unix_ns}});
}

read_reply parse_read_reply(std::string_view text) {
  const json object = parse_object(text, "read");
  return {field<std::string>(object, "consistency"), field<std::int64_t>(object, "read_unix_ns")};
}

std::string to_text(const status_reply& m) {
  json kernels = json::array();
  for (const auto& k : m.kernels) {
    kernels.push_back({{"id", static_cast<std::uint32_t>(k.id)},
                       {"state", model::to_string(k.state)},
                       {"error", k.error}});
  }
  return dump({{"catalogue_revision", m.catalogue_revision},
               {"unix_ns", m.unix_ns},
               {"monotonic_ns", m.monotonic_ns},
               {"kernels", kernels}});
}

status_reply parse_status_reply(std::string_view text) {
  const json object = parse_object(text, "status");
  status_reply m;
  m.catalogue_revision = field<std::uint64_t>(object, "catalogue_revision");
  m.unix_ns = field<std::int64_t>(object, "unix_ns");
  m.monotonic_ns = field<std::int64_t>(object, "monotonic_ns");
  for (const json& k : list(object, "kernels", 4096)) {
    if (!k.is_object()) throw incompatible("message field 'kernels' holds no object");
    m.kernels.push_back({static_cast<model::kernel_id>(field<std::uint32_t>(k, "id")),
                         model::parse_kernel_state(field<std::string>(k, "state")),
                         field<std::string>(k, "error")});
  }
  return m;
}

std::string to_text(const stop_request& m) { return dump({{"kernel", m.kernel}, {"abort", m.abort}}); }

stop_request parse_stop_request(std::string_view text) {
  const json object = parse_object(text, "stop");
  return {field<std::string>(object, "kernel"), field<bool>(object, "abort")};
}

std::string to_text(const error_reply& m) {
  return dump({{"code", to_string(m.code)}, {"message", m.message}});
}

error_reply parse_error_reply(std::string_view text) {
  const json object = parse_object(text, "error");
  return {parse_code(field<std::string>(object, "code")), field<std::string>(object, "message")};
}

void throw_error(const error_reply& e) {
  switch (e.code) {
    case reply_code::invalid_argument:
      throw invalid_argument(e.message);
    case reply_code::not_found:
      throw not_found(e.message);
    case reply_code::timeout:
      throw timeout(e.message);
    case reply_code::incompatible:
      throw incompatible(e.message);
    case reply_code::ok:
    case reply_code::failed:
      break;
  }
  throw error(e.message);
}

error_reply current_error() {
  try {
    throw;
  } catch (const invalid_argument& e) {
    return {reply_code::invalid_argument, e.what()};
  } catch (const not_found& e) {
    return {reply_code::not_found, e.what()};
  } catch (const timeout& e) {
    return {reply_code::timeout, e.what()};
  } catch (const incompatible& e) {
    return {reply_code::incompatible, e.what()};
  } catch (const std::exception& e) {
    return {reply_code::failed, e.what()};
  } catch (...) {
    return {reply_code::failed, "unknown failure"};
  }
}

}  // namespace rk::protocol
