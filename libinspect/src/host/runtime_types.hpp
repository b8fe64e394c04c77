#pragma once

#include <rk/model/type.hpp>

/// Table entries of the records that kernels write, so that they are read by name like anything
/// else.
namespace rk::host {

[[nodiscard]] model::type_id actor_record_type(model::type_table& types);
[[nodiscard]] model::type_id event_type(model::type_table& types);
[[nodiscard]] model::type_id publication_type(model::type_table& types);
[[nodiscard]] model::type_id barrier_record_type(model::type_table& types);
[[nodiscard]] model::type_id barrier_slot_type(model::type_table& types);
[[nodiscard]] model::type_id actor_signals_type(model::type_table& types);
[[nodiscard]] model::type_id command_counters_type(model::type_table& types);
[[nodiscard]] model::type_id mail_channel_type(model::type_table& types);
[[nodiscard]] model::type_id coherence_counters_type(model::type_table& types);
[[nodiscard]] model::type_id coherent_line_type(model::type_table& types);
[[nodiscard]] model::type_id inbox_type(model::type_table& types);
[[nodiscard]] model::type_id dead_letter_box_type(model::type_table& types);
[[nodiscard]] model::type_id byte_type(model::type_table& types);

}  // namespace rk::host
