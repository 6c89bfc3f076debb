#ifndef OSSIFY_EXAMPLES_PHOTO_HPP
#define OSSIFY_EXAMPLES_PHOTO_HPP

// What an uploader and an application server have in common. Neither can change it alone.
#include <ossify/callback/contract.hpp>

#include <cstdint>
#include <string>

/// What the application server receives.
struct photo_stored {
    std::string bucket;  // named like a variable of the service: it fills these in
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;  // anything else is the uploader's
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))

/// What it answers; the uploader gets it back with the result of its upload.
struct photo_reply {
    std::string photo_id;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id))

using photo_contract = ossify::callback_contract<photo_stored, photo_reply>;

#endif
