#include <utility>

#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/message.hpp>

#include "protocol/message_json.hpp"

namespace rk::protocol {
namespace {

using detail::dump;
using detail::one_line;
using detail::parse;
using detail::parse_ranges;
using detail::to_id;
using detail::to_json;
using model::detail::json_object;
using nlohmann::json;

reply_code parse_code(const json_object& o) {
  const std::string text = o.text("code", model::max_name_bytes);
  for (const auto code :
       {reply_code::ok, reply_code::invalid_argument, reply_code::not_found, reply_code::timeout,
        reply_code::busy, reply_code::incompatible, reply_code::failed}) {
    if (text == to_string(code)) return code;
  }
  o.fail("code", "has a value that this version does not know");
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
    case reply_code::busy:
      return "busy";
    case reply_code::incompatible:
      return "incompatible";
    case reply_code::failed:
      return "failed";
  }
  return "unknown";
}

std::string to_text(const hello_reply& m) {
  return dump({{"session", m.session},
               {"pid", m.pid},
               {"rk_version", m.rk_version},
               {"segments", m.segments}});
}

hello_reply parse_hello_reply(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "hello");
  hello_reply m;
  m.session = o.text("session", model::max_name_bytes);
  m.pid = o.u64("pid");
  m.rk_version = o.text("rk_version", model::max_name_bytes);
  for (const std::uint64_t id : o.numbers("segments", model::max_segments)) {
    m.segments.push_back(to_id<model::segment_id>(o, "segments", id));
  }
  return m;
}

std::string to_text(const read_request& m) {
  return dump({{"ranges", to_json(m.ranges)}, {"cut", m.cut}});
}

read_request parse_read_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "read");
  return {parse_ranges(o), o.u64("cut")};
}

std::string to_text(const read_reply& m) {
  return dump({{"consistency", m.consistency}, {"read_unix_ns", m.read_unix_ns}});
}

read_reply parse_read_reply(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "read");
  return {o.text("consistency", model::max_name_bytes), o.i64("read_unix_ns")};
}

std::string to_text(const status_reply& m) {
  json kernels = json::array();
  for (const auto& k : m.kernels) {
    kernels.push_back(
        {{"id", k.id}, {"state", model::to_string(k.state)}, {"error", one_line(k.error)}});
  }
  return dump({{"catalogue_revision", m.catalogue_revision},
               {"unix_ns", m.unix_ns},
               {"monotonic_ns", m.monotonic_ns},
               {"kernels", std::move(kernels)}});
}

status_reply parse_status_reply(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "status");
  status_reply m;
  m.catalogue_revision = o.u64("catalogue_revision");
  m.unix_ns = o.i64("unix_ns");
  m.monotonic_ns = o.i64("monotonic_ns");
  for (const json_object& k : o.objects("kernels", model::max_kernels)) {
    m.kernels.push_back({k.id<model::kernel_id>("id"),
                         model::parse_kernel_state(k.text("state", model::max_name_bytes)),
                         k.text("error", model::max_text_bytes)});
  }
  return m;
}

std::string to_text(const stop_request& m) {
  return dump({{"kernel", m.kernel}, {"abort", m.abort}});
}

stop_request parse_stop_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "stop");
  return {o.text("kernel", model::max_name_bytes), o.boolean("abort")};
}

std::string to_text(const error_reply& m) {
  return dump({{"code", to_string(m.code)}, {"message", one_line(m.message)}});
}

error_reply parse_error_reply(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "error");
  return {parse_code(o), o.text("message", model::max_text_bytes)};
}

void throw_error(const error_reply& e) {
  switch (e.code) {
    case reply_code::invalid_argument:
      throw invalid_argument(e.message);
    case reply_code::not_found:
      throw not_found(e.message);
    case reply_code::timeout:
      throw timeout(e.message);
    case reply_code::busy:
      throw busy(e.message);
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
  } catch (const busy& e) {
    return {reply_code::busy, e.what()};
  } catch (const incompatible& e) {
    return {reply_code::incompatible, e.what()};
  } catch (const std::exception& e) {
    return {reply_code::failed, e.what()};
  } catch (...) {
    return {reply_code::failed, "unknown failure"};
  }
}

}  // namespace rk::protocol
