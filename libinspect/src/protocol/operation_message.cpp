// Messages of what actors do together at a safe point.
#include <array>

#include <rk/protocol/message.hpp>

#include "protocol/message_json.hpp"

namespace rk::protocol {
namespace {

using detail::dump;
using detail::parse;
using model::detail::json_object;
using nlohmann::json;

constexpr std::array all_states{operation_state::staging, operation_state::pending,
                                operation_state::done, operation_state::cancelled,
                                operation_state::failed};
constexpr std::array all_actions{operation_action::look,    operation_action::commit,
                                 operation_action::cancel,  operation_action::hurry,
                                 operation_action::changes, operation_action::release};

std::vector<model::symbol_id> parse_symbols(const json_object& o) {
  std::vector<model::symbol_id> symbols;
  for (const std::uint64_t id : o.numbers("symbols", model::max_symbols)) {
    symbols.push_back(detail::to_id<model::symbol_id>(o, "symbols", id));
  }
  return symbols;
}

}  // namespace

std::string_view to_text(operation_action a) noexcept {
  switch (a) {
    case operation_action::look:
      return "look";
    case operation_action::commit:
      return "commit";
    case operation_action::cancel:
      return "cancel";
    case operation_action::hurry:
      return "hurry";
    case operation_action::changes:
      return "changes";
    case operation_action::release:
      return "release";
  }
  return "unknown";
}

std::string_view to_text(operation_state s) noexcept {
  switch (s) {
    case operation_state::staging:
      return "staging";
    case operation_state::pending:
      return "pending";
    case operation_state::done:
      return "done";
    case operation_state::cancelled:
      return "cancelled";
    case operation_state::failed:
      return "failed";
  }
  return "unknown";
}

std::string to_text(const cut_request& m) {
  return dump({{"kernel", m.kernel}, {"symbols", m.symbols}, {"leave", m.leave}, {"base", m.base}});
}

cut_request parse_cut_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "cut");
  return {o.text("kernel", model::max_name_bytes), parse_symbols(o), o.boolean("leave"),
          o.text("base", model::max_name_bytes)};
}

std::string to_text(const kernel_request& m) {
  return dump({{"kernel", m.kernel}});
}

kernel_request parse_kernel_request(std::string_view text) {
  const json document = parse(text);
  return {json_object(document, "kernel").text("kernel", model::max_name_bytes)};
}

std::string to_text(const stage_request& m) {
  return dump({{"kernel", m.kernel},
               {"ranges", detail::to_json(m.ranges)},
               {"what", detail::one_line(m.what)}});
}

stage_request parse_stage_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "stage");
  return {o.text("kernel", model::max_name_bytes), detail::parse_ranges(o),
          o.text("what", model::max_name_bytes)};
}

std::string to_text(const put_request& m) {
  return dump({{"operation", m.operation}, {"offset", m.offset}});
}

put_request parse_put_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "put");
  return {o.u64("operation"), o.u64("offset")};
}

std::string to_text(const operation_request& m) {
  return dump({{"operation", m.operation}, {"action", to_text(m.action)}});
}

operation_request parse_operation_request(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "operation");
  return {o.u64("operation"), o.one_of("action", all_actions)};
}

std::string to_text(const operation_reply& m) {
  return dump({{"operation", m.operation},
               {"state", to_text(m.state)},
               {"kernel", m.kernel},
               {"arrived", m.arrived},
               {"actors", m.actors},
               {"step", m.step},
               {"pause_ns", m.pause_ns},
               {"bytes", m.bytes},
               {"at_rest", m.at_rest},
               {"compared", m.compared},
               {"id", m.id},
               {"symbols", m.symbols},
               {"absent", detail::one_line(m.absent)},
               {"error", detail::one_line(m.error)}});
}

operation_reply parse_operation_reply(std::string_view text) {
  const json document = parse(text);
  const json_object o(document, "operation");
  operation_reply m;
  m.operation = o.u64("operation");
  m.state = o.one_of("state", all_states);
  m.kernel = o.text("kernel", model::max_name_bytes);
  m.arrived = o.u64("arrived");
  m.actors = o.u64("actors");
  m.step = o.u64("step");
  m.pause_ns = o.u64("pause_ns");
  m.bytes = o.u64("bytes");
  m.at_rest = o.boolean("at_rest");
  m.compared = o.boolean("compared");
  m.id = o.text("id", model::max_name_bytes);
  m.symbols = parse_symbols(o);
  m.absent = o.text("absent", model::max_text_bytes);
  m.error = o.text("error", model::max_text_bytes);
  return m;
}

}  // namespace rk::protocol
