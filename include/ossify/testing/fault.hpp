#ifndef OSSIFY_TESTING_FAULT_HPP
#define OSSIFY_TESTING_FAULT_HPP

#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <system_error>

namespace ossify::testing {

/// Makes the n-th I/O step fail, and tells afterwards whether there was such a step. Copies count together.
class fault {
public:
    /// Nothing fails.
    fault() : shared_(std::make_shared<state>()) {}
    /// Step `n` (1, 2, ...) and every later one on the same connection fail with `ec`.
    explicit fault(std::size_t n, std::error_code ec = asio::error::connection_reset) : fault()
    {
        shared_->at = n;
        shared_->ec = ec;
    }

    /// Counts a step. Returns: the error with which it is to fail, or none.
    std::error_code step()
    {
        ++shared_->count;
        return shared_->count == shared_->at ? shared_->ec : std::error_code();
    }

    std::size_t steps() const noexcept { return shared_->count; }
    bool reached() const noexcept { return shared_->at != 0 && shared_->count >= shared_->at; }

private:
    struct state {
        std::size_t at = 0;
        std::size_t count = 0;
        std::error_code ec;
    };

    std::shared_ptr<state> shared_;
};

/// Calls `scenario(fault)` with no fault, then with the first step failing, the second, ... until all have failed once.
/// Returns: how many steps there were.
template<class Scenario>
std::size_t for_each_failure(Scenario scenario, std::error_code ec = asio::error::connection_reset)
{
    scenario(fault());
    for (std::size_t n = 1;; ++n) {
        fault const f(n, ec);
        scenario(f);
        if (!f.reached())
            return n - 1;
    }
}

}  // namespace ossify::testing

#endif
