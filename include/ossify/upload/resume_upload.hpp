#ifndef OSSIFY_UPLOAD_RESUME_UPLOAD_HPP
#define OSSIFY_UPLOAD_RESUME_UPLOAD_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/http/syntax.hpp>
#include <ossify/upload/complete_upload.hpp>
#include <ossify/upload/upload_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ossify::detail {

/// The checkpoint of an upload that begins: all but the upload's id and the parts.
/// Errors: `invalid_argument` when the source cannot tell itself from others, or a header cannot be sent.
template<transport Transport>
result<checkpoint> describe_upload(upload_run<Transport> const& run)
{
    checkpoint out;
    out.upload.bucket = run.spec.bucket;
    out.upload.key = run.spec.key;
    out.bytes = run.plan->bytes();
    out.part_bytes = run.plan->part_bytes();
    out.source = run.spec.identity;
    if (out.source.empty() && run.spec.source.in_memory())
        out.source = "bytes " + std::to_string(crc64(run.spec.source.bytes()));
    if (out.source.empty())
        return failure(errc::invalid_argument,
                       "a source without an identity cannot go on from a checkpoint: give it identity()");
    http::fields headers;
    if (auto ok = run.spec.headers.encode(run.spec.key, object_headers::use::initiate, headers); !ok)
        return std::move(ok).error();
    out.shape = codec::sha256_hex(headers.text());
    return out;
}

/// Why a checkpoint is of no use for this upload; empty when it is.
inline std::string difference(checkpoint const& found, checkpoint const& wanted)
{
    if (found.upload.bucket != wanted.upload.bucket || found.upload.key != wanted.upload.key)
        return "is for oss://" + found.upload.bucket + "/" + found.upload.key;
    if (found.source != wanted.source || found.bytes != wanted.bytes)
        return "is of another source, or the source has changed";
    if (found.part_bytes != wanted.part_bytes)
        return "has parts of " + std::to_string(found.part_bytes) + " bytes, not of " +
               std::to_string(wanted.part_bytes);
    if (found.shape != wanted.shape)
        return "is of an object with other headers";
    return {};
}

/// What the service has of an upload. Errors: those of ListParts.
template<transport Transport>
awaitable<result<std::map<unsigned, part>>> parts_at_service(upload_run<Transport>& run, multipart_upload of)
{
    std::map<unsigned, part> out;
    list_parts list(std::move(of));
    list.requester_pays = run.spec.headers.requester_pays;
    for (;;) {
        auto page = co_await perform(run.s, list, run.end);
        if (!page)
            co_return std::move(page).error();
        for (part& p : page->items)
            out[p.number] = std::move(p);
        if (!page->truncated)
            co_return out;
        list.after = page->next_after;
    }
}

/// Keeps of the checkpoint's parts those that the service has just so: the service is the truth.
template<transport Transport>
void adopt_parts(upload_run<Transport>& run, std::vector<part> const& saved, std::map<unsigned, part> const& theirs)
{
    unsigned lost = 0;
    for (part const& p : saved) {
        auto const at = theirs.find(p.number);
        bool const same = at != theirs.end() && http::iequals(at->second.etag, p.etag) && at->second.bytes == p.bytes &&
                          (!at->second.crc64 || at->second.crc64 == p.crc64);
        if (!same || !run.state->adopt(p)) {
            ++lost;
            continue;
        }
        ++run.resumed_parts;
        run.resumed_bytes += p.bytes;
    }
    if (lost != 0)
        run.notice(std::to_string(lost) + " parts of the checkpoint are not at the service as they were; they are sent "
                                          "again");
}

/// Ends the upload of a checkpoint that nothing goes on from, unless it is of another object.
/// Returns: whether it is left as it is at the service.
template<transport Transport>
awaitable<bool> end_earlier(upload_run<Transport>& run, multipart_upload earlier,
                            typename upload_run<Transport>::time_point end)
{
    if (earlier.bucket != run.spec.bucket || earlier.key != run.spec.key)
        co_return true;
    abort_multipart_upload op(std::move(earlier));
    op.requester_pays = run.spec.headers.requester_pays;
    auto const gone = co_await perform(run.s, std::move(op), end);
    co_return !gone && gone.error() != errc::no_such_upload;
}

/// Why a text must not be replaced although it is no checkpoint: somebody's file was named by mistake.
inline failure not_ours()
{
    return failure(errc::checkpoint_failed, "what is there is no checkpoint and is left as it is; name another place");
}

/// The object was stored at once. Ends what an earlier run had begun to send in parts, and removes its checkpoint.
/// Errors: `checkpoint_failed`.
template<transport Transport>
awaitable<result<void>> retire_checkpoint(upload_run<Transport>& run)
{
    auto const text = co_await run.spec.checkpoint.load();
    if (!text)
        co_return text.error();
    if (!*text)
        co_return result<void>();
    auto const found = decode_checkpoint(**text);
    if (!found && !may_be_checkpoint(**text))
        co_return not_ours();
    if (found) {
        auto const end = Transport::clock_type::now() + run.spec.abort_limit;
        bool const left = co_await end_earlier(run, found->upload, end);
        run.notice("the object was stored in one request, without the parts of the checkpoint" +
                   (left ? "; upload " + found->upload.upload_id + " of oss://" + found->upload.bucket + "/" +
                               found->upload.key + " is left as it is"
                         : std::string()));
    }
    co_return co_await run.spec.checkpoint.remove();
}

/// Looks for a checkpoint that this upload can go on from.
/// Returns: the stored object, when an earlier run had completed the upload but did not learn of it; else nothing, and
/// `run.upload` has an id if there is something to go on from.
/// Errors: `checkpoint_failed` when it cannot be read or is something else; those of ListParts, but for `no_such_upload`.
template<transport Transport>
awaitable<result<std::optional<stored_object<>>>> resume(upload_run<Transport>& run)
{
    using nothing = std::optional<stored_object<>>;
    auto const text = co_await run.spec.checkpoint.load();
    if (!text)
        co_return text.error();
    if (!*text)
        co_return nothing();
    auto const found = decode_checkpoint(**text);
    if (!found && !may_be_checkpoint(**text))
        co_return not_ours();
    if (!found) {
        run.notice(found.error().message() + "; the upload starts afresh");
        co_return nothing();
    }
    if (auto const why = difference(*found, run.saved); !why.empty()) {
        bool const left = co_await end_earlier(run, found->upload, run.end);
        run.notice("the checkpoint " + why + "; the upload starts afresh" +
                   (left ? ", and upload " + found->upload.upload_id + " is left as it is" : std::string()));
        co_return nothing();
    }
    run.completed_before = found->completing;
    if (found->completing)
        run.completion.effect.not_awaited();
    auto const theirs = co_await parts_at_service(run, found->upload);
    if (theirs) {
        adopt_parts(run, found->parts, *theirs);
        run.upload = found->upload;
        run.saved.upload = run.upload;
        co_return nothing();
    }
    if (theirs.error() != errc::no_such_upload)
        co_return theirs.error();
    if (found->completing) {
        complete_multipart_upload op(found->upload);
        op.parts = found->parts;
        op.callback = run.spec.callback;
        service_request request(op.operation, http::method::post, run.spec.bucket, run.spec.key);
        request.carries_callback = !run.spec.callback.empty();
        if (run.spec.headers.requester_pays)
            request.headers.append_valid("x-oss-request-payer", "requester");
        failure const lost(errc::connection_closed, "an earlier run completed the upload and did not learn of it");
        auto const head = co_await ask_for_object(*run.s, request, run.end);
        auto settled = judge(head, request, look_for(op), lost);
        if (!settled)
            co_return std::move(settled).error();
        if (*settled) {
            run.resumed_parts = static_cast<unsigned>(found->parts.size());
            run.resumed_bytes = found->bytes;
            co_return settled;
        }
    }
    run.completed_before = false;
    run.completion.effect = possible_effect();
    run.notice("upload " + found->upload.upload_id + " of the checkpoint has expired or was ended; the upload starts "
                                                     "afresh");
    co_return nothing();
}

/// Writes the checkpoint as the upload is now. `completing`: it is about to be completed.
template<transport Transport>
awaitable<result<void>> save_checkpoint(upload_run<Transport>& run, bool completing = false)
{
    checkpoint now = run.saved;
    now.completing = completing || run.completion.effect.was_possible();
    now.parts = run.state->parts();
    return run.spec.checkpoint.save(encode_checkpoint(now));
}

/// Keeps the checkpoint up to date while parts are sent, until it is cancelled. One write at a time; a tenth of the time
/// at the most goes into writing.
template<transport Transport>
awaitable<void> keep_checkpoint(std::shared_ptr<upload_run<Transport>> run)
{
    using clock = typename Transport::clock_type;
    constexpr std::chrono::milliseconds least_rest(20);
    std::size_t written = run->state->stored_count();
    bool failed = false;
    for (;;) {
        std::uint64_t const seen = run->changed.count();
        if (run->state->stored_count() != written) {
            written = run->state->stored_count();
            auto const began = clock::now();
            auto const saved = co_await save_checkpoint(*run);
            if (!saved && !failed)
                run->notice(saved.error().message() + "; if the upload stops now, it cannot go on from here");
            failed = !saved;
            auto const took = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - began);
            co_await run->s->sleep(std::max(least_rest, 9 * took));
            continue;
        }
        bool const woken = co_await run->changed.wait(seen);
        if (!woken)
            co_return;
    }
}

}  // namespace ossify::detail

#endif
