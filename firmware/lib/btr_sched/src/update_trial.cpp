#include "btr/sched/update_trial.h"

namespace btr::sched {

Verdict UpdateTrial::update(Millis now_ms, bool sensors_answer, bool is_connected) {
    if (!running_.is_running()) {
        running_.start(now_ms);
    }
    sensors_answered_ = sensors_answered_ || sensors_answer;
    was_connected_ = was_connected_ || is_connected;
    if (sensors_answered_ && was_connected_ && running_.has_passed(now_ms, kLeastMs)) {
        return Verdict::keep;
    }
    return running_.has_passed(now_ms, kMostMs) ? Verdict::go_back : Verdict::on_trial;
}

}  // namespace btr::sched
