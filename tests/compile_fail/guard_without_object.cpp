// expect: a proof is for one object: the contract's struct needs the member "object"
#include "prelude.hpp"

#include <ossify/receiver/callback_route.hpp>

struct proven {
#ifdef POSITIVE
    std::string object, proof;
#else
    std::string key, proof;
#endif
};
#ifdef POSITIVE
BOOST_DESCRIBE_STRUCT(proven, (), (object, proof))
#else
BOOST_DESCRIBE_STRUCT(proven, (), (key, proof))
#endif
using route = ossify::callback_route<ossify::callback_contract<proven>>;
void f(route r, ossify::callback_guard const& g) { r.guarded_by<&proven::proof>(g); }
